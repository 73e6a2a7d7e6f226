using System.Numerics.Tensors;
using HeadScope.Jobs.Shards;

namespace HeadScope.Jobs.Reduction;

/// <summary>What is true of a shard's positions, taken apart so that loops over them need not choose.</summary>
/// <param name="sets">How many sets of sources the job's scores need.</param>
internal sealed class SortedShard(int sets, int maxPositions)
{
    readonly byte[] _induction = new byte[maxPositions];
    readonly SetOfShard[] _sets = [.. Enumerable.Range(0, sets).Select(_ => new SetOfShard(maxPositions))];
    int _positions;

    /// <summary>1 where induction explains the target: [position].</summary>
    public ReadOnlySpan<byte> Induction => _induction.AsSpan(0, _positions);

    public float[] Ratios { get; } = new float[maxPositions];

    public ulong[] Candidates { get; } = new ulong[maxPositions + 1];

    public SetOfShard this[int set] => _sets[set];

    /// <param name="flags">The section of that name, see <see cref="ShardScoresFile"/>.</param>
    public void Sort(ReadOnlySpan<byte> flags)
    {
        _positions = flags.Length / (1 + sets);
        flags[.._positions].CopyTo(_induction);
        for (var set = 0; set < sets; set++)
            _sets[set].Sort(Induction, flags.Slice((1 + set) * _positions, _positions));
    }

    /// <summary>The positions where a set has sources, and how many where it has none.</summary>
    internal sealed class SetOfShard(int maxPositions)
    {
        readonly byte[] _hasSources = new byte[maxPositions];
        readonly int[] _with = new int[maxPositions + 1];
        readonly byte[] _inductionWith = new byte[maxPositions + 1];
        readonly int[] _without = new int[Populations.Counted];
        byte[] _induction = [];
        int _count;

        /// <summary>The positions where the set has sources.</summary>
        public ReadOnlySpan<int> With => _with.AsSpan(0, _count);

        /// <summary>1 where induction explains the target: [position with sources].</summary>
        public ReadOnlySpan<byte> InductionWith => _inductionWith.AsSpan(0, _count);

        /// <summary>How many positions have no sources: without and with induction.</summary>
        public ReadOnlySpan<int> Without => _without;

        public void Sort(ReadOnlySpan<byte> induction, ReadOnlySpan<byte> hasSources)
        {
            if (_induction.Length != induction.Length)
                _induction = new byte[induction.Length];
            induction.CopyTo(_induction);
            hasSources.CopyTo(_hasSources);
            _count = 0;
            _without.AsSpan().Clear();
            for (var i = 0; i < hasSources.Length; i++)
            {
                // Without branches, which could not be predicted.
                _with[_count] = i;
                _inductionWith[_count] = induction[i];
                _count += hasSources[i];
                _without[induction[i]] += 1 - hasSources[i];
            }
        }

        /// <summary>At how many of <see cref="Without"/> 0 divided by a value is a number.</summary>
        public int[] WithoutAndDivisible(ReadOnlySpan<float> divisors)
        {
            int[] counts = [.. _without];
            if (TensorPrimitives.MinMagnitude(divisors) is not (0 or float.NaN))
                return counts;
            for (var i = 0; i < divisors.Length; i++)
                counts[_induction[i]] -= _hasSources[i] == 0 && divisors[i] is 0 or float.NaN ? 1 : 0;
            return counts;
        }
    }
}
