using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace HeadScope.Client.Tests.Telemetry;

/// <summary>A collector that takes OTLP over HTTP and keeps what it is sent.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    readonly WebApplication _server;
    readonly ConcurrentQueue<(string Path, string? ContentType, byte[] Body)> _requests = [];

    OtlpReceiver()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _requests.Enqueue((context.Request.Path, context.Request.ContentType, body.ToArray()));
        });
    }

    public string Url => _server.Urls.First();

    public IReadOnlyCollection<(string Path, string? ContentType, byte[] Body)> Requests => _requests;

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._server.StartAsync();
        return receiver;
    }

    /// <summary>All messages sent to a path.</summary>
    public IEnumerable<ProtobufMessage> Sent(string path) =>
        _requests.Where(request => request.Path == path).Select(request => new ProtobufMessage(request.Body));

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

/// <summary>A message of protocol buffers, without its schema: fields by number.</summary>
internal sealed class ProtobufMessage
{
    readonly List<(int Field, ulong Number, byte[] Bytes)> _fields = [];

    public ProtobufMessage(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var key = Varint(bytes, ref at);
            var field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    _fields.Add((field, Varint(bytes, ref at), []));
                    break;
                case 1:
                    _fields.Add((field, BitConverter.ToUInt64(bytes, at), []));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(bytes, ref at);
                    _fields.Add((field, 0, bytes[at..(at + length)]));
                    at += length;
                    break;
                case 5:
                    _fields.Add((field, BitConverter.ToUInt32(bytes, at), []));
                    at += 4;
                    break;
                default:
                    throw new FormatException($"Field {field} has the wire type {key & 7}.");
            }
        }
    }

    /// <summary>The messages at the end of a path of fields.</summary>
    public IEnumerable<ProtobufMessage> At(params int[] path) => path.Length == 0
        ? [this]
        : _fields.Where(field => field.Field == path[0]).SelectMany(field => new ProtobufMessage(field.Bytes).At(path[1..]));

    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

    public byte[] Bytes(int field) => _fields.Where(each => each.Field == field).Select(each => each.Bytes).FirstOrDefault([]);

    public ulong Number(int field) => _fields.Where(each => each.Field == field).Select(each => each.Number).FirstOrDefault();

    static ulong Varint(byte[] bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            value |= (bytes[at] & 0x7FUL) << shift;
            if ((bytes[at++] & 0x80) == 0)
                return value;
        }
    }
}
