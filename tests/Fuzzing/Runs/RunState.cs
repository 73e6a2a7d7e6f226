using System.IO.MemoryMappedFiles;

namespace HeadScope.Fuzzing.Runs;

/// <summary>How far a run is, and the input in work, in a file that outlives the process: it shows what ended or held it.</summary>
internal sealed class RunState : IDisposable
{
    const int MostBytes = 1 << 24;
    const int Header = 64;

    readonly MemoryMappedFile _file;
    readonly MemoryMappedViewAccessor _view;

    public RunState(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, Header + MostBytes);
        _view = _file.CreateViewAccessor();
    }

    /// <summary>The number of the input in work.</summary>
    public long Case { get => _view.ReadInt64(0); set => _view.Write(0, value); }

    public long Accepted { get => _view.ReadInt64(8); set => _view.Write(8, value); }

    public long Faults { get => _view.ReadInt64(16); set => _view.Write(16, value); }

    public TimeSpan Slowest { get => new(_view.ReadInt64(24)); set => _view.Write(24, value.Ticks); }

    /// <summary>The largest share of what an input may allocate.</summary>
    public double Memory { get => _view.ReadDouble(32); set => _view.Write(32, value); }

    public long Edges { get => _view.ReadInt64(40); set => _view.Write(40, value); }

    /// <summary>How often an input was read, those of trimming and keeping too: while it grows, nothing holds the process.</summary>
    public long Reads { get => _view.ReadInt64(56); set => _view.Write(56, value); }

    public byte[] Input
    {
        get
        {
            var bytes = new byte[_view.ReadInt32(48)];
            _view.ReadArray(Header, bytes, 0, bytes.Length);
            return bytes;
        }

        set
        {
            var length = Math.Min(value.Length, MostBytes);
            _view.Write(48, length);
            _view.WriteArray(Header, value, 0, length);
        }
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
