using System.Net;
using System.Text.Json;
using HeadScope.Jobs;
using HeadScope.Jobs.Specs;

namespace HeadScope.Client.Sources;

/// <summary>Reads why a server says no, and turns it into what its reader can do about it.</summary>
internal static class ServerRefusal
{
    /// <summary>What is read of an explanation, in bytes.</summary>
    const int LongestBody = 1 << 20;

    sealed record Problem(string? Detail, string? Title, IReadOnlyList<string>? Faults);

    public static async Task<Exception> ReadAsync(
        HttpResponseMessage response, string address, ApiKeySecret? key, TimeProvider time, CancellationToken cancellation)
    {
        var problem = await ProblemAsync(response, cancellation).ConfigureAwait(false);
        var status = response.StatusCode;
        var code = (int)status;
        var said = problem?.Detail ?? problem?.Title ?? $"{code} {response.ReasonPhrase}.";
        switch (status)
        {
            case HttpStatusCode.BadRequest when problem is not null:
                return new InvalidJobException(problem.Faults is { Count: > 0 } faults ? faults : [said]);
            case HttpStatusCode.Unauthorized:
                return new ServerException(key is null
                    ? $"{address} asks for an API key: put it into {ApiKeySecret.Variable}, or name a file that holds it with --key-file."
                    : $"{address} does not know the API key of {key.Origin}. Ask the server's administrator for one.");
            case HttpStatusCode.Forbidden:
                return new ServerException($"{address} refuses: {said}");
            case HttpStatusCode.NotFound when problem?.Detail is null:
                return new ServerException(
                    $"{address}: there is no headscope server ({code} {response.ReasonPhrase}). Is the address right?");
            case HttpStatusCode.TooManyRequests:
                return new ServerException(
                    $"{address} is asked too often: {said}")
                { IsTransient = true, RetryAfter = Wait(response, time) };
            case HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout:
                return new ServerException($"{address} cannot answer at the moment: {said} Try again later.") { IsTransient = true, RetryAfter = Wait(response, time) };
            case >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest:
                return new ServerException(
                    $"{address} sends its callers on to {response.Headers.Location}. An API key is for one server: if that is the right " +
                    $"one, give it as --server.");
            default:
                return new ServerException($"{address} answers {code}: {said}");
        }
    }

    static TimeSpan? Wait(HttpResponseMessage response, TimeProvider time) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow() is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };

    /// <summary>Null where the answer did not come from a headscope server, but from a proxy, for example.</summary>
    static async Task<Problem?> ProblemAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json"))
            return null;
        try
        {
            await response.Content.LoadIntoBufferAsync(LongestBody, cancellation).ConfigureAwait(false);
            return JsonSerializer.Deserialize<Problem>(
                await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false), JobJson.Options);
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            return null;
        }
    }
}
