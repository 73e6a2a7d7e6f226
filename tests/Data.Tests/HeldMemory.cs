using ParquetSharp;

namespace HeadScope.Data.Tests;

/// <summary>What the process holds: objects, and what Arrow allocated.</summary>
internal static class HeldMemory
{
    public static long Bytes => GC.GetTotalMemory(forceFullCollection: true) + MemoryPool.GetDefaultMemoryPool().BytesAllocated;
}
