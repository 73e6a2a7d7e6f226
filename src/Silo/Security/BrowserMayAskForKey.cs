namespace HeadScope.Silo.Security;

/// <summary>
/// Marks routes whose pages know nothing of keys: a browser asks for a name, which may be anything, and a password, which is a key. Routes
/// that change something never have it: a browser would send the key along with other sites' requests.
/// </summary>
internal sealed record BrowserMayAskForKey;
