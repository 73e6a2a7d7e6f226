namespace HeadScope.Data.Frames.Parquet;

/// <summary>Refuses schemas that make no file, and rows that do not fit their schema.</summary>
internal static class SchemaGuard
{
    public static void CheckSchema(ColumnSpec[] columns)
    {
        if (columns.Length == 0)
            throw new ArgumentException("A Parquet schema has at least one column.", nameof(columns));
        if (columns.Any(column => string.IsNullOrEmpty(column.Name)))
            throw new ArgumentException("A column has no name.", nameof(columns));
        if (columns.GroupBy(column => column.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ArgumentException($"The schema names column '{twice.Key}' {twice.Count()} times.", nameof(columns));
    }

    public static void CheckBatch(ColumnSpec[] schema, ReadOnlySpan<ColumnValues> columns)
    {
        if (columns.Length != schema.Length)
            throw new ArgumentException($"{columns.Length} columns were appended to a schema of {schema.Length}.", nameof(columns));
        for (var i = 0; i < columns.Length; i++)
        {
            var (name, type) = (schema[i].Name, schema[i].Type);
            if (columns[i].Type != type)
                throw new ArgumentException($"Column '{name}' is {type}; it was given {columns[i].Type}.", nameof(columns));
            if (columns[i].Count != columns[0].Count)
            {
                throw new ArgumentException(
                    $"Column '{name}' was given {columns[i].Count} rows where '{schema[0].Name}' was given {columns[0].Count}.",
                    nameof(columns));
            }
        }
    }
}
