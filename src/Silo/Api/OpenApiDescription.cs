using HeadScope.Silo.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace HeadScope.Silo.Api;

/// <summary>What the OpenAPI document says beside the routes: the title, and that callers need a key.</summary>
internal static class OpenApiDescription
{
    const string Key = "key";

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "HeadScope",
                Version = "v1",
                Description = "Dataset-wide scores of a transformer's attention heads: submit jobs, watch them, pull their results.",
            };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Key] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = $"An API key, as a bearer token or in {ApiKeyAuthentication.Header}." },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var roles = context.Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().Select(data => data.Policy)
                .OfType<string>().ToList();
            if (roles.Count > 0)
                operation.Security =
                [
                    new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Key, context.Document)] = roles },
                ];
            return Task.CompletedTask;
        });
    }
}
