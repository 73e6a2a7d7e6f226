using Azure;
using Azure.Identity;

namespace HeadScope.Jobs.Store.AzureStorage;

/// <summary>What goes wrong with a storage account, said so that a person knows what to do.</summary>
/// <remarks>The service's own messages are left out: some quote what was signed.</remarks>
internal static class AzureFault
{
    /// <summary>Runs a request and turns its failure into a <see cref="StoreException"/> about <paramref name="where"/>.</summary>
    public static async Task<T> GuardAsync<T>(string where, Func<Task<T>> request, CancellationToken cancellation)
    {
        try
        {
            return await request().ConfigureAwait(false);
        }
        catch (Exception e) when (Is(e, cancellation))
        {
            throw Of(where, e);
        }
    }

    /// <summary>Whether the service, the way to it or the sign-in failed, and not the caller changed its mind.</summary>
    static bool Is(Exception fault, CancellationToken cancellation) => fault switch
    {
        StoreException or UnreadableBlobException => false,
        RequestFailedException or AuthenticationFailedException => true,
        IOException => fault is not FileNotFoundException, // an assembly is missing: no fault of the network
        OperationCanceledException => !cancellation.IsCancellationRequested, // a time limit of the client's own
        AggregateException several => several.InnerExceptions.All(each => Is(each, cancellation)), // one for each attempt
        _ => false,
    };

    static StoreException Of(string where, Exception fault)
    {
        var last = fault is AggregateException several ? several.InnerExceptions[^1] : fault;
        var (what, remedy) = last switch
        {
            RequestFailedException { Status: > 0 } refused => Of(refused),
            AuthenticationFailedException => (
                "nobody is signed in to Azure here",
                $"Sign in ('az login'), give the machine an identity, append a shared access signature to the URL, or use " +
                $"azure://CONTAINER with {AzureLocation.ConnectionStringVariable}."),
            _ => ($"the storage account cannot be reached " +
                $"({last.GetBaseException().Message.TrimEnd('.')})", "Check the account's name and the network."),
        };
        return new StoreException($"{where}: {what}. {remedy} Everything committed is kept: the same command goes on from there.", fault);
    }

    static (string What, string Remedy) Of(RequestFailedException refused)
    {
        var code = $"{refused.Status} {refused.ErrorCode}".TrimEnd();
        return refused switch
        {
            { ErrorCode: "ContainerNotFound" or "ContainerBeingDeleted" } => (
                "there is no such container, or it is being deleted", "Create it, or use a key or signature that may create it."),
            { Status: 404 } => ("there is no such blob", "Has another process deleted it?"),
            { Status: 412 } => ("the blob was replaced while it was read", "Read it again."),
            { Status: 416 } => ("the blob ends before what should be read", "Delete the blob to have it made again."),
            { Status: 401 or 403 } => (
                $"access was denied ({code})",
                "Check the key or the signature: has it expired, is the clock right, may it read, add, create, write, delete and list? A " +
                "signed-in identity needs the role Storage Blob Data Contributor."),
            { Status: >= 500 or 429 or 408 } => ($"the service failed or was busy again and again ({code})", "Wait, and try again."),
            _ => ($"the service answered {code}", "Check the location: is it a container of a storage account?"),
        };
    }
}
