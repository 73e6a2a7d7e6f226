using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Tests.Compute;

public class RotaryTests
{
    [Theory]
    [InlineData(128, 500000, 8, 1, 4, 8192)] // Llama 3.1
    [InlineData(64, 500000, 32, 1, 4, 8192)] // Llama 3.2
    [InlineData(6, 10000, 8, 1, 4, 256)]
    public void Llama3Scaling_EveryFeature_FollowsTheWavelengthRule(
        int dimensions, double frequencyBase, double factor, double low, double high, int original)
    {
        var kinds = new HashSet<string>();
        const int Positions = 300;
        var rotary = new Rotary(dimensions, frequencyBase, Positions, new Llama3Scaling(factor, original, low, high)).Tables(Positions);
        for (var i = 0; i < dimensions / 2; i++)
        {
            // As its authors put it: by wavelengths, where HeadScope counts turns.
            var frequency = 1 / Math.Pow(frequencyBase, 2.0 * i / dimensions);
            var wavelength = 2 * Math.PI / frequency;
            double scaled;
            if (wavelength > original / low)
            {
                scaled = frequency / factor;
                kinds.Add("slowed");
            }
            else if (wavelength < original / high)
            {
                scaled = frequency;
                kinds.Add("kept");
            }
            else
            {
                var smooth = (original / wavelength - low) / (high - low);
                scaled = (1 - smooth) * frequency / factor + smooth * frequency;
                kinds.Add("between");
            }

            for (var position = 0; position < Positions; position++)
            {
                // The angle is right to some 1e-16 of itself, and sine and cosine to half of float32's last place.
                Assert.Equal(Math.Cos(position * scaled), rotary.Cosines[position * dimensions / 2 + i], 6e-8);
                Assert.Equal(Math.Sin(position * scaled), rotary.Sines[position * dimensions / 2 + i], 6e-8);
            }
        }

        Assert.Equal(["between", "kept", "slowed"], kinds.Order());
    }

    [Fact]
    public void LinearScaling_EveryFeature_TurnsSlowerByTheFactor()
    {
        var plain = new Rotary(16, 10000, 100).Tables(100);
        var scaled = new Rotary(16, 10000, 400, new LinearScaling(4)).Tables(400);
        for (var position = 0; position < plain.Positions; position++)
        {
            for (var i = 0; i < 8; i++)
            {
                Assert.Equal(plain.Cosines[position * 8 + i], scaled.Cosines[4 * position * 8 + i], 6e-8);
                Assert.Equal(plain.Sines[position * 8 + i], scaled.Sines[4 * position * 8 + i], 6e-8);
            }
        }
    }

    [Theory]
    [InlineData(128, 500000, 8, 32, 1, 8192)] // OLMo 3
    [InlineData(128, 1000000, 4, 32, 1, 32768)] // Qwen3, as its page says for long texts
    [InlineData(16, 10000, 4, 8, 2, 512)]
    public void YarnScaling_EveryPair_IsSlowedByItsTurns(
        int dimensions, double frequencyBase, double factor, double fast, double slow, int original)
    {
        const int Positions = 300;
        const double Attention = 1.25;
        var tables = new Rotary(dimensions, frequencyBase, Positions, new YarnScaling(factor, original, fast, slow, Attention))
            .Tables(Positions);
        var pairs = Enumerable.Range(0, dimensions / 2).ToArray();
        double Frequency(int pair) => Math.Pow(frequencyBase, -2.0 * pair / dimensions);
        double Turns(int pair) => original * Frequency(pair) / (2 * Math.PI);
        // Of those kept, and of those slowed.
        int last = pairs.Last(pair => Turns(pair) >= fast), first = pairs.First(pair => Turns(pair) <= slow);
        Assert.True(last + 1 < first);
        foreach (var pair in pairs)
        {
            var slowed = Math.Clamp((double)(pair - last) / (first - last), 0, 1);
            var frequency = Frequency(pair) * (1 - slowed + slowed / factor);
            for (var position = 0; position < Positions; position++)
            {
                Assert.Equal(Attention * Math.Cos(position * frequency), tables.Cosines[position * dimensions / 2 + pair], 1e-7);
                Assert.Equal(Attention * Math.Sin(position * frequency), tables.Sines[position * dimensions / 2 + pair], 1e-7);
            }
        }
    }

    [Fact]
    public void LongRopeScaling_Sequences_TurnByTheirLength()
    {
        var scaling = new LongRopeScaling([1, 1, 1.5, 2], [1, 4, 10, 32], 20, 1.2);
        var rotary = new Rotary(8, 10000, 100, scaling);
        foreach (var (positions, factors) in new[] { (20, scaling.ShortFactors), (21, scaling.LongFactors), (7, scaling.ShortFactors), (100, scaling.LongFactors) })
        {
            var tables = rotary.Tables(positions);
            for (var position = 0; position < positions; position++)
            {
                for (var pair = 0; pair < 4; pair++)
                {
                    var angle = position / (Math.Pow(10000, pair / 4.0) * factors[pair]);
                    Assert.Equal(1.2 * Math.Cos(angle), tables.Cosines[position * 4 + pair], 1e-7);
                    Assert.Equal(1.2 * Math.Sin(angle), tables.Sines[position * 4 + pair], 1e-7);
                }
            }
        }
    }

    [Fact]
    public void Tables_OfMorePositions_BeginAsThoseOfFewer()
    {
        var rotary = new Rotary(8, 10000, 50);
        var few = rotary.Tables(3);
        Assert.Equal(3, few.Positions);
        Assert.Same(few, rotary.Tables(2));
        var more = rotary.Tables(4);
        Assert.Equal(6, more.Positions);
        Assert.Equal(few.Sines, more.Sines[..few.Sines.Length]);
        Assert.Equal(few.Cosines, more.Cosines[..few.Cosines.Length]);
        Assert.Equal(49, rotary.Tables(49).Positions);
        Assert.Equal(50, rotary.Tables(50).Positions);
        Assert.Throws<ArgumentOutOfRangeException>(() => rotary.Tables(51));
    }
}
