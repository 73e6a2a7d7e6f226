using System.IO.Hashing;

namespace HeadScope.Jobs.Store.AzureStorage;

/// <summary>
/// Has the build take System.IO.Hashing along into every program that uses this assembly. It copies what assemblies refer to, in
/// exactly the version they name; Azure.Storage.Common names an older one than there is, this assembly the one there is.
/// </summary>
internal static class HashingReference
{
    public static Type Named => typeof(Crc64);
}
