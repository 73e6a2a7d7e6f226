using System.Globalization;
using HeadScope.Data.Tokens.Concatenation;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Data.Tests.Tokens.Concatenation;

/// <summary>
/// Every profile gives, token for token, what the peer gives. HEADSCOPE_FUZZ asks for so many random corpora, and for all of the hard
/// text; HEADSCOPE_FUZZ_SEED for other corpora.
/// </summary>
public sealed class ConcatenationPeerTests(ITestOutputHelper output) : IDisposable
{
    static readonly string Definition = TokenizerSamples.DemoWith(root =>
        root["added_tokens"]!.AsArray().Add(TokenizerSamples.Added(2048, "<|padding|>")));

    static readonly string[] Paddings = [ConcatenationOptions.DefaultPadding, ConcatenationOptions.AddedPadding, "<|padding|>"];

    static readonly int? Corpora = Setting("HEADSCOPE_FUZZ");

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Rows_HardText_EqualThePeers() =>
        AssertEqualToPeer(Definition, Hard(), EveryProfile(context: 128, processes: 10, Paddings[0]));

    [SkippableFact]
    public void Rows_HardTextAndAnyPadding_EqualThePeers() =>
        AssertEqualToPeer(
            Definition, Corpus(new Random(5), 1200), [.. Paddings.Skip(1).SelectMany(padding => EveryProfile(64, 1, padding))]);

    [SkippableFact]
    public void Rows_GptNeoX_EqualThePeers()
    {
        foreach (var padding in Paddings)
            AssertEqualToPeer(File.ReadAllText(TokenizerSamples.GptNeoXFile), Hard(), EveryProfile(256, 10, padding));
    }

    [SkippableFact]
    public void Rows_Gpt2_EqualThePeers() => AssertEqualToPeer(
        TokenizerSamples.Gpt2AsJson(), Corpus(new Random(6), 1500),
        [.. Paddings.Take(2).SelectMany(padding => EveryProfile(256, 3, padding))]);

    [SkippableFact]
    public void Rows_OneHugeDocument_EqualThePeers() =>
        AssertEqualToPeer(Definition, [string.Concat(Corpus(new Random(7), 1500))], EveryProfile(256, 10, Paddings[1]));

    public static TheoryData<string, string[]> SmallCorpora => new()
    {
        { "one empty document", [""] },
        { "one character", ["a"] },
        { "white space only", [" \n\u001C\u2003"] },
        { "white space that is none", ["\u200B\u180E"] },
        { "two empty documents", ["", ""] },
        { "thirty empty documents", [.. Enumerable.Repeat("", 30)] },
        { "nineteen characters", ["nineteen characters"] },
        { "twenty-one characters", ["twenty-one characters"] },
        { "astral characters at each cut", [string.Concat(Enumerable.Repeat("🙂", 41))] },
        { "astral among others at each cut", [string.Concat(
            Enumerable.Range(0, 400).Select(i => i % 3 == 0 ? "𝒜" : i % 3 == 1 ? "é" : "x"))] },
        { "text that names special tokens", ["a<|endoftext|>b", "<|padding|><PAD>c", "<|endoftext|><PAD>"] },
        { "no white space", [new string('x', 3000) + "MilitaryVehicle"] },
        { "words longer than the look-ahead", [string.Join(' ', Enumerable.Repeat(new string('w', 37), 30))] },
        { "batches below a row", [.. Enumerable.Range(0, 25).Select(i => $"document {i}")] },
    };

    [SkippableTheory]
    [MemberData(nameof(SmallCorpora))]
    public void Rows_SmallCorpus_EqualThePeers(string name, string[] documents) => AssertEqualToPeer(
        Definition, documents,
        [
            .. from padding in Paddings
               from context in new[] { 2, 5, 64 }
               from processes in new[] { 1, 10 }
               from options in EveryProfile(context, processes, padding)
               select options with { AddBos = context != 5 },
        ], name);

    [SkippableFact]
    public void Rows_RandomCorporaAndOptions_EqualThePeers()
    {
        var seed = Setting("HEADSCOPE_FUZZ_SEED") ?? 1;
        for (var i = 0; i < (Corpora ?? 3); i++)
        {
            var random = new Random(unchecked(seed * 1_000_003 + i));
            var documents = Corpus(random, 1 + random.Next(1 << random.Next(1, 13)));
            AssertEqualToPeer(Definition, documents, [.. Enumerable.Range(0, 6).Select(_ => Options(random))], $"seed {seed}, corpus {i}");
        }

        static ConcatenationOptions Options(Random random) => new()
        {
            Profile = ConcatenationProfile.All[random.Next(ConcatenationProfile.All.Count)],
            Context = random.Next(2, 1 + (1 << random.Next(2, 12))),
            AddBos = random.Next(4) > 0,
            Padding = Paddings[random.Next(Paddings.Length)],
            Processes = random.Next(1, 13),
            Threads = random.Next(1, 5),
        };
    }

    [SkippableFact]
    public void IsWhiteSpace_EveryCharacter_EqualsPythons()
    {
        var expected = Python.Run("sys", "import sys\nprint(*[c for c in range(sys.maxunicode + 1) if chr(c).isspace()])").Trim().Split(' ')
            .Select(int.Parse);
        Assert.Equal(expected, Enumerable.Range(0, 0x10000).Where(c => ScalarText.IsWhiteSpace((char)c)));
    }

    static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;

    /// <summary>Some of the hard text, or all of it.</summary>
    static List<string> Hard() => [.. HardText.All().Where((_, i) => Corpora is not null || i % 8 == 0)];

    /// <summary>Documents short, long and empty, of hard text and of the texts of special tokens.</summary>
    static List<string> Corpus(Random random, int count)
    {
        string[] pieces =
        [
            .. HardText.Mixtures(1500), .. HardText.Code(500), .. HardText.EndOfText(), "<PAD>", "<|padding|>", "👩‍👩‍👧‍👦", "𝒜𝓑𝒞",
        ];
        return [.. Enumerable.Range(0, count).Select(_ => string.Concat(random.GetItems(pieces, random.Next(1 << random.Next(6)))))];
    }

    static List<ConcatenationOptions> EveryProfile(int context, int processes, string padding) =>
        [.. ConcatenationProfile.All.Select(profile => new ConcatenationOptions { Profile = profile, Context = context, Processes = processes, Padding = padding })];

    void AssertEqualToPeer(
        string definition, IReadOnlyList<string> documents, IReadOnlyList<ConcatenationOptions> options, string name = "")
    {
        var tokenizer = TokenizerSamples.Load(definition);
        var peer = new ConcatenationPeer(definition, documents);
        output.WriteLine($"{name} {documents.Count} documents, {documents.Sum(document => (long)document.Length)} UTF-16 code units");
        for (var i = 0; i < options.Count; i++)
        {
            var expected = peer.Rows(options[i]);
            var actual = Concatenated.Rows(tokenizer, options[i], documents, _folder);
            var context = options[i].Context;
            output.WriteLine($"{expected.Length / context} rows: {options[i]}");
            var same = expected.AsSpan().CommonPrefixLength(actual);
            Assert.True(
                same == expected.Length && same == actual.Length,
                $"{name}: {expected.Length / context} rows expected, {actual.Length / context} made; they differ from row " +
                $"{same / context}, token {same % context}, on: {options[i]}");
        }
    }
}
