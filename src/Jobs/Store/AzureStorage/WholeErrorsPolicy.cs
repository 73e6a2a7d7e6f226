using Azure.Core;
using Azure.Core.Pipeline;

namespace HeadScope.Jobs.Store.AzureStorage;

/// <summary>
/// Reads the bodies of refusals while a request can still be sent again. The client reads them when it makes an exception of them,
/// after all retries: a connection that breaks then would count as the store's failure.
/// </summary>
internal sealed class WholeErrorsPolicy : HttpPipelinePolicy
{
    const int FirstError = 400;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline).ConfigureAwait(false);
        if (!IsUnread(message, out var body))
            return;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(message.CancellationToken);
        if (message.NetworkTimeout is { } timeout)
            patience.CancelAfter(timeout);
        var whole = new MemoryStream();
        await body.CopyToAsync(whole, patience.Token).ConfigureAwait(false);
        Replace(message, body, whole);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        ProcessNext(message, pipeline);
        if (!IsUnread(message, out var body))
            return;
        var whole = new MemoryStream();
        body.CopyTo(whole);
        Replace(message, body, whole);
    }

    static bool IsUnread(HttpMessage message, out Stream body)
    {
        body = message.Response.ContentStream ?? Stream.Null;
        return message.Response.Status >= FirstError && !body.CanSeek;
    }

    static void Replace(HttpMessage message, Stream body, MemoryStream whole)
    {
        whole.Position = 0;
        message.Response.ContentStream = whole;
        body.Dispose();
    }
}
