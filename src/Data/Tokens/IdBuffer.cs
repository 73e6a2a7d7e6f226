using System.Buffers;
using System.Runtime.CompilerServices;

namespace HeadScope.Data.Tokens;

/// <summary>Collects token ids and hands them on in blocks: one virtual call for thousands of tokens.</summary>
internal sealed class IdBuffer
{
    readonly int[] _ids = new int[4096];
    int _count;

    /// <summary>Where the ids go; <see cref="Flush"/> before changing it.</summary>
    public IBufferWriter<int>? Target { get; set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ReadOnlySpan<int> ids)
    {
        if (ids.Length > _ids.Length - _count)
        {
            AddSlowly(ids);
            return;
        }

        ids.CopyTo(_ids.AsSpan(_count));
        _count += ids.Length;
    }

    public void Flush()
    {
        _ids.AsSpan(0, _count).CopyTo(Target!.GetSpan(_count));
        Target.Advance(_count);
        _count = 0;
    }

    /// <summary>Forgets what was not handed on.</summary>
    public void Clear()
    {
        _count = 0;
        Target = null;
    }

    void AddSlowly(ReadOnlySpan<int> ids)
    {
        while (!ids.IsEmpty)
        {
            var part = ids[..Math.Min(ids.Length, _ids.Length - _count)];
            part.CopyTo(_ids.AsSpan(_count));
            _count += part.Length;
            ids = ids[part.Length..];
            if (_count == _ids.Length)
                Flush();
        }
    }
}
