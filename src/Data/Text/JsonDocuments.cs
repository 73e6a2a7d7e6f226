namespace HeadScope.Data.Text;

/// <summary>A document in one field of each JSON object, of one file after another.</summary>
internal sealed class JsonDocuments(IReadOnlyList<string> files, string field) : IDocuments
{
    public IReadOnlyList<string> Files => files;

    public IEnumerable<string> Read()
    {
        foreach (var file in files)
        {
            using var stream = Open(file);
            using var records = new JsonRecords(stream, file, Documents.MaxBytes);
            while (TryRead(records, stream, file, out var document))
                yield return document;
        }
    }

    bool TryRead(JsonRecords records, Stream stream, string file, out string document)
    {
        try
        {
            var any = records.TryRead(out var record);
            document = any ? JsonField.Read(record, field, file, records.Where) : "";
            return any;
        }
        catch (InvalidDataException)
        {
            (stream as GzipInput)?.CheckEnd();
            throw;
        }
    }

    static Stream Open(string file)
    {
        var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        return FileKinds.IsGzip(file) ? new GzipInput(stream, file) : stream;
    }
}
