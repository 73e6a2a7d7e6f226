using System.Net.Http.Headers;

namespace HeadScope.Client.Sources;

/// <summary>
/// Asks one server. What gets no answer, or is put off, is asked again a few times: every request of this program may be repeated.
/// </summary>
internal sealed class ServerConnection
{
    /// <summary>How long a server may take to start its answer.</summary>
    public static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(100);

    static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4),
    ];

    /// <summary>The longest that a server may ask to wait; its limits are by the minute.</summary>
    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(2);

    readonly HttpClient _http;
    readonly ApiKeySecret? _key;
    readonly Action<string> _say;
    readonly TimeProvider _time;

    /// <param name="address">One that <see cref="Fault"/> finds nothing wrong with.</param>
    /// <param name="say">Told, for people, of what makes them wait.</param>
    public ServerConnection(string address, ApiKeySecret? key, Action<string> say, TimeProvider time)
    {
        (_key, _say, _time) = (key, say, time);
        Address = new Uri(address).AbsoluteUri.TrimEnd('/');

        // A key goes to the server that was named, and not on to others.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri($"{Address}/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>For people and for requests, without a slash at its end.</summary>
    public string Address { get; }

    public TimeProvider Time => _time;

    public void Say(string line) => _say(line);

    /// <summary>Why a text is no address of a server; null where it is one. Does not show it, for it may hold a secret.</summary>
    public static string? Fault(string address) =>
        !Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Query.Length > 0
            || uri.Fragment.Length > 0
            ? "this is no address of a server. Expected one such as http://127.0.0.1:8470."
        : uri.UserInfo.Length > 0
            ? $"an address holds no secrets. Put the API key into {ApiKeySecret.Variable}, or into a file for --key-file."
        : null;

    /// <summary>Asks, and asks again while that may help. The answer is a success, whose body is still to be read.</summary>
    /// <param name="request">Makes the request, with an address relative to the server's.</param>
    /// <param name="limit">How long the server may take to start its answer.</param>
    /// <exception cref="ServerException">There is no answer, or it is no.</exception>
    /// <exception cref="Jobs.Specs.InvalidJobException">The server found faults in what was sent.</exception>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> request, TimeSpan limit, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await TrySendAsync(request, limit, cancellation).ConfigureAwait(false);
            }
            catch (ServerException e) when (e.IsTransient && attempt < Pauses.Length && !(e.RetryAfter > LongestPause))
            {
                var pause = e.RetryAfter ?? Pauses[attempt];
                if (e.RetryAfter is not null)
                    _say($"{Address} asks to wait {Math.Ceiling(pause.TotalSeconds):N0} s.");
                await Task.Delay(pause, _time, cancellation).ConfigureAwait(false);
            }
        }
    }

    async Task<HttpResponseMessage> TrySendAsync(Func<HttpRequestMessage> request, TimeSpan limit, CancellationToken cancellation)
    {
        using var message = request();
        message.Headers.UserAgent.Add(
            new ProductInfoHeaderValue("headscope", typeof(ServerConnection).Assembly.GetName().Version!.ToString(3)));
        if (_key is not null)
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _key.Value);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(limit);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new ServerException(
                $"{Address}: no server answers there ({(e.InnerException ?? e).Message.TrimEnd('.')}). Is the address right, and does it " +
                $"run ('headscope serve')?", e)
            { IsTransient = true };
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new ServerException(
                $"{Address}: the server has not answered for {limit.TotalSeconds:N0} s. Try again, or ask its " +
                $"administrator.", e)
            { IsTransient = true };
        }

        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await ServerRefusal.ReadAsync(response, Address, _key, _time, cancellation).ConfigureAwait(false);
    }
}
