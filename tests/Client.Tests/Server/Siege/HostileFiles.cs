using System.Globalization;
using System.IO.Compression;
using System.Text;
using HeadScope.Client.Tests.Server.Paths;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Server.Siege;

/// <summary>
/// Models and tokens under a server's roots that are damaged, endless, huge or special, and names that lead out of the roots.
/// </summary>
internal sealed class HostileFiles
{
    const int Damaged = 200; // of each kind
    const long Huge = 1L << 40; // takes no room on the disk

    readonly string _root;
    readonly List<string> _models = [];
    readonly List<string> _tokens =
    [
        "../../../etc/passwd", "/etc/passwd", "good.safetensors:/../../../etc/passwd", "good.safetensors:", ":", "", ".", "..",
        "no\0name.npy", new string('a', 1000), "/proc/self/environ", "/dev/zero",
        "good.safetensors:none", "\ud83d\ude00.npy", "CON", "file:///etc/passwd", "https://127.0.0.1/x.npy",
    ];

    HostileFiles(string root) => _root = root;

    /// <summary>As a caller names them.</summary>
    public IReadOnlyList<string> Models => _models;

    public IReadOnlyList<string> Tokens => _tokens;

    /// <param name="root">A server's root for models and tokens, with the model 'good' and 'good.safetensors'.</param>
    public static HostileFiles Write(string root, int seed)
    {
        var files = new HostileFiles(root);
        var random = new Random(seed);
        for (var i = 0; i < Damaged; i++)
        {
            files.Model("config", i, folder => Change(Path.Combine(folder, "config.json"), json => JsonMutator.Next([json], random)));
            files.Model("weights", i, folder => Change(Path.Combine(folder, "model.safetensors"), bytes => Damage(bytes, random)));
            files.Token("safetensors", i, File.ReadAllBytes(Path.Combine(root, "good.safetensors")), random);
        }

        files.Model("overflow", 0, folder => OverflowingModel.Write(folder));
        files.Model("partly", 0, folder => OverflowingModel.Write(folder, OverflowingModel.Somewhere));
        files.Model("fifo", 0, folder => RootedServer.Replace(Path.Combine(folder, "config.json"), RootedServer.MakeFifo));
        files.Model("pipe", 0, folder => RootedServer.Replace(Path.Combine(folder, "model.safetensors"), RootedServer.MakeFifo));
        files.Model(
            "link", 0,
            folder => RootedServer.Replace(Path.Combine(folder, "model.safetensors"), path => File.CreateSymbolicLink(path, "/dev/zero")));
        files.Model("sparse", 0, folder => Lengthen(Path.Combine(folder, "model.safetensors")));
        files.Model("long", 0, folder => Lengthen(Path.Combine(folder, "config.json")));
        files.Model(
            "huge", 0, folder => Change(Path.Combine(folder, "config.json"), json => Edit(json, "max_position_embeddings", int.MaxValue)));
        files.Model("wide", 0, folder => Change(Path.Combine(folder, "config.json"), json => Edit(json, "hidden_size", 1 << 30)));
        files.Model("bomb", 0, ZipBomb);
        files.Special("endless.npy", path => File.CreateSymbolicLink(path, "/dev/zero"));
        files.Special("fifo.npy", RootedServer.MakeFifo);
        files.Special("sparse.npy", Lengthen);
        files.Special("sparse.safetensors", Lengthen);
        files.Special("folder.npy", path => Directory.CreateDirectory(path));
        files.Special("header.npy", path => File.WriteAllBytes(path, [0x93, .. "NUMPY\u0002\u0000"u8, 0xff, 0xff, 0xff, 0xff]));
        files.Special("shape.npy", path => File.WriteAllBytes(path, NpyOf("(4611686018427387904, 4611686018427387904)")));
        return files;
    }

    void Model(string kind, int number, Action<string> damage)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}");
        var folder = Path.Combine(_root, name);
        if (kind is not ("overflow" or "partly"))
            Fixture.Copy(folder, "neox-tiny", "model");
        damage(folder);
        _models.Add(name);
    }

    void Token(string kind, int number, byte[] good, Random random)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}.safetensors");
        File.WriteAllBytes(Path.Combine(_root, name), Damage(good, random));
        _tokens.Add(name);
    }

    void Special(string name, Action<string> make)
    {
        make(Path.Combine(_root, name));
        _tokens.Add(name);
    }

    static byte[] Damage(byte[] good, Random random)
    {
        var bytes = new List<byte>(good);
        for (var changes = random.Next(1, 6); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Count, 1000) : bytes.Count); // the header, or anywhere
            if (random.Next(3) == 0)
                ByteChanges.Overwrite(bytes, at, random);
            else
                ByteChanges.Any(bytes, at, longest: 1000, random);
        }

        return [.. bytes];
    }

    static void Change(string path, Func<byte[], byte[]> change) => File.WriteAllBytes(path, change(File.ReadAllBytes(path)));

    static byte[] Edit(byte[] json, string field, long value)
    {
        var config = System.Text.Json.Nodes.JsonNode.Parse(json)!;
        config[field] = value;
        return Encoding.UTF8.GetBytes(config.ToJsonString());
    }

    static void Lengthen(string path)
    {
        using var stream = new FileStream(path, FileMode.OpenOrCreate);
        stream.SetLength(Huge);
    }

    /// <summary>A PyTorch checkpoint of a few kilobytes whose pickle is some hundred megabytes of zeros.</summary>
    static void ZipBomb(string folder)
    {
        const int Blocks = 200;
        File.Delete(Path.Combine(folder, "model.safetensors"));
        using var zip = ZipFile.Open(Path.Combine(folder, "pytorch_model.bin"), ZipArchiveMode.Create);
        using var pickle = zip.CreateEntry("archive/data.pkl", CompressionLevel.Optimal).Open();
        var zeros = new byte[1 << 20];
        for (var block = 0; block < Blocks; block++)
            pickle.Write(zeros);
    }

    static byte[] NpyOf(string shape)
    {
        var header = $"{{'descr': '<i4', 'fortran_order': False, 'shape': {shape}, }}\n";
        return
        [
            0x93, .. "NUMPY\u0001\u0000"u8, (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.ASCII.GetBytes(header),
            .. new byte[64],
        ];
    }
}
