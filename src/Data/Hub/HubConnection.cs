using System.Net;
using System.Net.Http.Headers;
using System.Reflection;

namespace HeadScope.Data.Hub;

/// <summary>What the hub says of a file.</summary>
/// <param name="Etag">Names the content; see <see cref="ContentHash"/>.</param>
/// <param name="Size">In bytes.</param>
internal sealed record FileMetadata(string Name, string Etag, long Size);

/// <summary>
/// Requests to one hub. Redirects are followed here, one by one: large files come from other hosts, by signed addresses, and the
/// token is for the endpoint alone.
/// </summary>
internal sealed class HubConnection : IDisposable
{
    const int MostRedirects = 10;
    const int LongestListing = 64 << 20;

    /// <summary>What a listing may take, in times of the wait for an answer.</summary>
    const int LongestListingTimes = 30;

    /// <summary>In bytes, far beyond what a hub takes; the sum over all files of a listing is still a number.</summary>
    const long LargestFile = 1L << 42;

    readonly HubOptions _options;
    readonly Uri _endpoint;
    readonly string? _token;
    readonly HubAnswers _answers;
    readonly HubReach _reach;
    readonly TimeProvider _time;
    readonly HttpClient _http;

    public HubConnection(HubOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _endpoint = options.EndpointUri;
        _token = options.ReadToken();
        _answers = new HubAnswers(options, _endpoint, _token, time);
        _reach = new HubReach(_endpoint);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectCallback = _reach.ConnectAsync,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        var version = Assembly.GetExecutingAssembly().GetName().Version!.ToString(3);
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("headscope", version));
        // Sizes and hashes are of the file, not of its compression.
        _http.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>Asks which commit a revision is, and which files it has.</summary>
    public async Task<HubListing> ListAsync(HubRepository repository, string revision, CancellationToken cancellation)
    {
        var address = new Uri(_endpoint, $"{repository.ApiPath}/revision/{Uri.EscapeDataString(revision)}?blobs=true");
        using var watch = new StallWatch(_options.AnswerTimeout, _time, cancellation);
        var started = _time.GetTimestamp();
        return await GuardAsync(address, repository, watch, async () =>
        {
            using var answer = await SendAsync(HttpMethod.Get, address, repository, revision, null, null, watch).ConfigureAwait(false);
            var stream = await answer.Content.ReadAsStreamAsync(watch.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                using var json = new MemoryStream();
                var buffer = new byte[1 << 16];
                for (int read; (read = await stream.ReadAsync(buffer, watch.Token).ConfigureAwait(false)) > 0;)
                {
                    watch.Received(read);
                    json.Write(buffer, 0, read);
                    if (_time.GetElapsedTime(started) is var took && took > LongestListingTimes * _options.AnswerTimeout)
                        throw NoHub(address, $"{json.Length:N0} bytes in {took.TotalSeconds:N0} s, and no end");
                    if (json.Length > LongestListing)
                        throw NoHub(address, $"more than {LongestListing >> 20} MiB");
                }

                try
                {
                    return HubListing.Parse(json.GetBuffer().AsMemory(0, (int)json.Length));
                }
                catch (FormatException e)
                {
                    throw NoHub(address, e.Message);
                }
            }
        }).ConfigureAwait(false);
    }

    /// <summary>Asks for a file's etag and size.</summary>
    public async Task<FileMetadata> DescribeAsync(HubRepository repository, string commit, HubFile file, CancellationToken cancellation)
    {
        var address = AddressOf(repository, commit, file.Name);
        using var watch = new StallWatch(_options.AnswerTimeout, _time, cancellation);
        return await GuardAsync(address, repository, watch, async () =>
        {
            using var answer = await SendAsync(HttpMethod.Head, address, repository, commit, file.Name, null, watch).ConfigureAwait(false);
            if (HubAnswers.Header(answer, "X-Repo-Commit") is { } other && other != commit)
                throw new HubException(HubFault.Damaged, $"{HubAnswers.Show(address)}: the hub answers with commit " +
                    $"{RepositoryPath.Printable(other)} where {commit} was asked for. Check HF_ENDPOINT and any proxy.");
            var etag = EtagOf(answer) ?? throw NoHub(address, "no etag");
            if (!etag.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_') || etag.Length is 0 or > 128)
                throw NoHub(address, $"the etag '{RepositoryPath.Printable(etag)}', which cannot be a file's name in the cache");
            // The length of a redirect is that of its own text.
            var size = long.TryParse(HubAnswers.Header(answer, "X-Linked-Size"), out var linked)
                ? linked
                : IsRedirect(answer) ? null : answer.Content.Headers.ContentLength ?? file.Size;
            return new FileMetadata(file.Name, etag, size switch
            {
                null or < 0 => throw NoHub(address, "no size"),
                > LargestFile => throw NoHub(address, $"a size of {size:N0} bytes"),
                _ => size.Value,
            });
        }).ConfigureAwait(false);
    }

    /// <summary>Opens a file's content.</summary>
    /// <param name="from">The first byte that is wanted. The answer may begin earlier: see its status.</param>
    /// <param name="watch">Started anew by whoever reads, with each byte that comes.</param>
    public Task<HttpResponseMessage> OpenAsync(HubRepository repository, string commit, string name, long from, StallWatch watch)
    {
        var address = AddressOf(repository, commit, name);
        return GuardAsync(address, repository, watch, () => SendAsync(HttpMethod.Get, address, repository, commit, name, from, watch));
    }

    /// <summary>Turns faults of the network into <see cref="HubException"/>.</summary>
    public async Task<T> GuardAsync<T>(Uri address, HubRepository repository, StallWatch watch, Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (watch.HasStalled)
        {
            throw _answers.Silent(watch, address, repository);
        }
        catch (HttpRequestException e) when (e.InnerException is HubException refused)
        {
            throw refused;
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException || (e is IOException and not HubException))
        {
            throw _answers.Unreachable(e, address, repository);
        }
    }

    public void Dispose() => _http.Dispose();

    async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri address, HubRepository repository, string revision, string? file, long? from, StallWatch watch)
    {
        for (var hop = 0; hop <= MostRedirects; hop++)
        {
            using var request = new HttpRequestMessage(method, address);
            if (_token is not null && IsEndpoint(address))
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
            if (from > 0)
                request.Headers.Range = new RangeHeaderValue(from, null);
            var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, watch.Token).ConfigureAwait(false);
            watch.Restart();
            if (answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                return answer;
            // A redirect to where a large file lies says what the file is; only a file's content is fetched from there.
            if (method == HttpMethod.Head && IsRedirect(answer) && HubAnswers.Header(answer, "X-Linked-Etag") is not null
                && HubAnswers.Header(answer, "X-Linked-Size") is not null)
                return answer;
            using (answer)
            {
                if (!IsRedirect(answer))
                    throw IsEndpoint(address)
                        ? _answers.Refused(answer, repository, revision, file)
                        : _answers.Elsewhere(answer, address, repository);
                var target = answer.Headers.Location is { } location ? new Uri(address, location) : null;
                if (target is null || (target.Scheme != address.Scheme && target.Scheme != Uri.UriSchemeHttps))
                    throw NoHub(address, $"a redirect to {(target is null ? "nowhere" : HubAnswers.Show(target))}");
                await _reach.CheckAsync(target, watch.Token).ConfigureAwait(false);
                address = target;
            }
        }

        throw NoHub(address, $"more than {MostRedirects} redirects");
    }

    /// <summary>Whether an address is of the very host that the token is for.</summary>
    bool IsEndpoint(Uri address) =>
        address.Scheme == _endpoint.Scheme && address.IdnHost == _endpoint.IdnHost && address.Port == _endpoint.Port;

    Uri AddressOf(HubRepository repository, string commit, string name) =>
        new(_endpoint, $"{repository.Path}/resolve/{commit}/{string.Join('/', name.Split('/').Select(Uri.EscapeDataString))}");

    static bool IsRedirect(HttpResponseMessage answer) =>
        answer.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    static string? EtagOf(HttpResponseMessage answer)
    {
        var etag = HubAnswers.Header(answer, "X-Linked-Etag") ?? HubAnswers.Header(answer, "ETag");
        return etag?.StartsWith("W/", StringComparison.Ordinal) == true ? etag[2..].Trim('"') : etag?.Trim('"');
    }

    static HubException NoHub(Uri address, string found) => new(
        HubFault.Damaged, $"{HubAnswers.Show(address)}: this is no answer of a hub: {found}. Check HF_ENDPOINT and any proxy.");
}
