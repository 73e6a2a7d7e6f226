using System.Net.Http.Headers;
using System.Net.ServerSentEvents;

namespace HeadScope.Client.Sources;

/// <summary>A stream of server-sent events that is opened again whenever it breaks: each event tells all, so none is missed.</summary>
/// <param name="path">Relative to the server's address.</param>
internal sealed class ServerEvents(ServerConnection server, string path) : IAsyncDisposable
{
    /// <summary>The server is never silent for so long while it is reached.</summary>
    static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(45);

    /// <summary>How long a server may be gone.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    HttpResponseMessage? _response;
    IAsyncEnumerator<SseItem<byte[]>>? _events;
    CancellationTokenSource? _silence;
    long _heard = server.Time.GetTimestamp();
    bool _found; // ever
    bool _lost;

    /// <summary>The next event's data.</summary>
    /// <exception cref="ServerException">The server refuses, or has been gone for ten minutes.</exception>
    public async Task<byte[]> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Exception? cause = null;
            try
            {
                var events = _events ?? await OpenAsync(cancellation).ConfigureAwait(false);
                _silence!.CancelAfter(LongestSilence);
                if (await events.MoveNextAsync().ConfigureAwait(false))
                {
                    _heard = server.Time.GetTimestamp();
                    return events.Current.Data;
                }
            }
            catch (Exception e) when (e is ServerException { IsTransient: true } or HttpRequestException
                or (IOException and not ServerException)
                || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                cause = e;
            }

            // A server that stops ends the stream; one that is killed breaks it.
            await CloseAsync().ConfigureAwait(false);
            if (server.Time.GetElapsedTime(_heard) > Patience)
                throw new ServerException(
                    $"{server.Address} has not answered for {Patience.TotalMinutes:N0} minutes. The job may well go on: 'headscope " +
                    $"watch' shows it when the server is back.", cause);
            if (!_lost)
                server.Say(_found ? $"The connection to {server.Address} was lost; connecting again." : $"{server.Address} does not " +
                    $"answer yet; trying again for {Patience.TotalMinutes:N0} minutes.");
            _lost = true;
            await Task.Delay(Pause, server.Time, cancellation).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    async Task<IAsyncEnumerator<SseItem<byte[]>>> OpenAsync(CancellationToken cancellation)
    {
        _response = await server.SendAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
            return request;
        }, ServerConnection.AnswerLimit, cancellation).ConfigureAwait(false);
        if (_lost)
            server.Say(_found ? "Connected again." : "Connected.");
        (_found, _lost) = (true, false);
        _silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var stream = await _response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        return _events = SseParser.Create(stream, (_, data) => data.ToArray()).EnumerateAsync(_silence.Token)
            .GetAsyncEnumerator(CancellationToken.None);
    }

    async Task CloseAsync()
    {
        if (_events is not null)
            await _events.DisposeAsync().ConfigureAwait(false);
        _response?.Dispose();
        _silence?.Dispose();
        (_events, _response, _silence) = (null, null, null);
    }
}
