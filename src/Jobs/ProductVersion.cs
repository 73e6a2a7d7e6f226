using System.Reflection;

namespace HeadScope.Jobs;

/// <summary>Which HeadScope this is.</summary>
public static class ProductVersion
{
    /// <summary>Such as <c>0.1.0</c>.</summary>
    public static string Number { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Such as <c>HeadScope 0.1.0</c>.</summary>
    public static string Product { get; } = $"HeadScope {Number}";
}
