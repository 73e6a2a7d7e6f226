namespace HeadScope.Silo.Api;

/// <summary>What is known of result files by their names.</summary>
internal static class ResultFiles
{
    public static string ContentType(string file) => Path.GetExtension(file) switch
    {
        ".csv" => "text/csv; charset=utf-8",
        ".html" => "text/html; charset=utf-8",
        ".json" => "application/json",
        ".parquet" => "application/vnd.apache.parquet",
        _ => "application/octet-stream",
    };
}
