namespace HeadScope.ModelCore.Text;

/// <summary>A document in one field of each JSON object, of one file after another.</summary>
internal sealed class JsonDocuments(string location, IReadOnlyList<string> files, string field) : IDocuments
{
    public string Location => location;

    public IReadOnlyList<string> Files => files;

    public IEnumerable<string> Read()
    {
        foreach (var file in files)
        {
            using var stream = Open(file);
            using var records = new JsonRecords(stream, file, Documents.MaxBytes);
            while (records.TryRead(out var record))
                yield return JsonField.Read(record, field, file, records.Where);
        }
    }

    static Stream Open(string file)
    {
        var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        return FileKinds.IsGzip(file) ? new GzipInput(stream, file) : stream;
    }
}
