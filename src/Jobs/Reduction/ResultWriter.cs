using System.Security.Cryptography;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Reduction;

/// <summary>Writes a job's results and remembers what the manifest says of them.</summary>
public sealed class ResultWriter(IBlobStore store, JobFolder folder)
{
    readonly SortedDictionary<string, ResultFile> _files = new(StringComparer.Ordinal);

    /// <summary>By file name.</summary>
    public IReadOnlyDictionary<string, ResultFile> Files => _files;

    public async Task WriteAsync(string file, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        await store.WriteAsync(folder.Result(file), async (stream, token) =>
        {
            using var sha = SHA256.Create();
            await using var hashing = new CryptoStream(stream, sha, CryptoStreamMode.Write, leaveOpen: true);
            await using var counting = new CountingStream(hashing);
            await write(counting, token).ConfigureAwait(false);
            await counting.FlushAsync(token).ConfigureAwait(false);
            await hashing.FlushFinalBlockAsync(token).ConfigureAwait(false);
            _files[file] = new ResultFile(Convert.ToHexStringLower(sha.Hash!), counting.Count);
        }, cancellation).ConfigureAwait(false);
    }

    public Task WriteAsync(string file, Action<Stream> write, CancellationToken cancellation) => WriteAsync(file, (stream, _) =>
    {
        write(stream);
        return Task.CompletedTask;
    }, cancellation);

    sealed class CountingStream(Stream inner) : Stream
    {
        public long Count { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => Count;
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            inner.Write(buffer);
            Count += buffer.Length;
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
