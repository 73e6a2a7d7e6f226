using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace HeadScope.Silo.Api;

/// <summary>How often callers may ask, each for themselves: by key, or by address where there are no keys.</summary>
internal static class RateLimits
{
    public const string Submissions = "submissions";

    static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public static void Add(RateLimiterOptions limits, int requestsPerMinute, int submissionsPerMinute)
    {
        limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => PerMinute(Caller(context), requestsPerMinute));
        limits.AddPolicy(Submissions, context => PerMinute(Caller(context), submissionsPerMinute));
        limits.OnRejected = async (rejected, cancellation) =>
        {
            var response = rejected.HttpContext.Response;
            if (rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait))
                response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await Results.Problem("Too many requests. Wait as long as Retry-After says.", statusCode: StatusCodes.Status429TooManyRequests)
                .ExecuteAsync(rejected.HttpContext).ConfigureAwait(false);
        };
    }

    static RateLimitPartition<string> PerMinute(string caller, int permits) => RateLimitPartition.GetTokenBucketLimiter(caller, _ => new TokenBucketRateLimiterOptions
    {
        TokenLimit = permits,
        TokensPerPeriod = permits,
        ReplenishmentPeriod = Window,
        QueueLimit = 0,
    });

    static string Caller(HttpContext context) =>
        context.User.Identity is { IsAuthenticated: true, Name: { } name }
            ? $"key {name}"
            : $"address {context.Connection.RemoteIpAddress}";
}
