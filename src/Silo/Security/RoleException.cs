namespace HeadScope.Silo.Security;

/// <summary>Part of what a caller asks for needs another role; the message says which.</summary>
internal sealed class RoleException(string message) : Exception(message);
