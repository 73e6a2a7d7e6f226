using System.Text;
using System.Text.Json.Nodes;
using HeadScope.Data.Tokens;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>Input that is wrong: one clear message, the right exit code, and nothing half done.</summary>
public sealed class BadInputTests : IDisposable
{
    static readonly string Tokens = Fixture.PathOf("neox-tiny", "inputs.safetensors");

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> ModelFaults => new()
    {
        { "truncated", "truncated" },
        { "header longer than the file", "truncated, or not safetensors" },
        { "overlapping offsets", "overlap" },
        { "offsets out of range", "truncated or its header wrong" },
        { "offsets that do not fit the shape", "takes" },
        { "wrong dtype", "floating-point" },
        { "unknown dtype", "not supported" },
        { "missing tensor", "is missing" },
        { "wrong shape", "has the shape" },
        { "negative size", "a whole number from 1" },
        { "huge size", "a whole number from 1" },
        { "heads that do not divide", "divisor" },
        { "unknown architecture", "not supported" },
        { "config that is no JSON", "JSON" },
        { "no config", "config.json" },
        { "no checkpoint", "no checkpoint" },
        { "no folder", "no such folder" },
    };

    [Theory]
    [MemberData(nameof(ModelFaults))]
    public async Task Run_FaultyModel_SaysWhatIsWrong(string fault, string message) =>
        await FailsAsync(2, message, "--model", Spoil(fault), "--tokens", Tokens);

    [Fact]
    public async Task Run_WeightsAreNotFinite_SaysWhichTensor()
    {
        // Weights are read when the model is loaded: the job exists by then, but nothing of it is done.
        var (code, _, error) = await HeadScopeProcess.RunAsync(
            "run", "--model", Spoil("NaN weight"), "--tokens", Tokens, "--out", _folder.File("out"));
        Assert.Equal(1, code);
        Assert.Contains("'embed_out.weight' has the value NaN at element 13503", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder.File("out"), "*.stats", SearchOption.AllDirectories));
    }

    public static TheoryData<string, string> TokenFaults => new()
    {
        { "outside the vocabulary", "row 1, position 2 is 211" },
        { "negative", "row 1, position 2 is -1" },
        { "longer than the context", "longer than the model's context, 64" },
        { "one token a row", "at least 2 tokens" },
        { "empty", "nothing to score" },
        { "floats", "tokens are integers" },
        { "one axis", "expected [rows, context]" },
        { "no such tensor", "there is no tensor 'words'" },
        { "no file", "no such file" },
        { "truncated npy", "truncated" },
        { "npy of floats", "not little-endian integers" },
    };

    [Theory]
    [MemberData(nameof(TokenFaults))]
    public async Task Run_FaultyTokens_SaysWhatIsWrong(string fault, string message) =>
        await FailsAsync(2, message, "--model", Fixture.PathOf("neox-tiny", "model"), "--tokens", SpoilTokens(fault));

    [Fact]
    public async Task Run_SeveralFaults_AreAllListed()
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(
            "run", "--model", _folder.File("nowhere"), "--tokens", _folder.File("nothing.npy"), "--out", _folder.File("out"), "--rows", "0",
            "--quantile", "1.5", "--quantiles", "0.5,-1", "--json");
        Assert.Equal(2, code);
        foreach (var part in new[] { "--rows: 0", "--quantile: 1.5", "--quantiles: -1", "nowhere", "nothing.npy" })
            Assert.Contains(part, error, StringComparison.Ordinal);
        Assert.Equal(5, JsonNode.Parse(output)!["faults"]!.AsArray().Count);
    }

    [Theory]
    [InlineData(new[] { "run" }, "--model")]
    [InlineData(new[] { "run", "--model", "m", "--tokens", "t", "--out", "o", "--batch-size", "0" }, "--batch-size")]
    [InlineData(new[] { "run", "--model", "m", "--tokens", "t", "--out", "o", "--rows", "many" }, "many")]
    [InlineData(new[] { "run", "--model", "m", "--tokens", "t", "--out", "o", "--quantiles", "half" }, "half")]
    [InlineData(new[] { "fly" }, "fly")]
    public async Task Arguments_ThatMakeNoSense_End2(string[] arguments, string message)
    {
        var (code, _, error) = await HeadScopeProcess.RunAsync(arguments);
        Assert.Equal(2, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("demo")]
    [InlineData("run")]
    [InlineData("submit")]
    [InlineData("status")]
    [InlineData("watch")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("priority")]
    [InlineData("serve")]
    [InlineData("list")]
    [InlineData("pull")]
    [InlineData("cancel")]
    [InlineData("work")]
    [InlineData("heads")]
    [InlineData("tokens")]
    [InlineData("inspect")]
    public async Task Help_EveryVerb_ShowsAnExample(string verb)
    {
        var (code, output, _) = await HeadScopeProcess.RunAsync(verb, "--help");
        Assert.Equal(0, code);
        Assert.Contains($"headscope {verb}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OutputIsAFile_SaysSo()
    {
        File.WriteAllText(_folder.File("file"), "");
        await FailsAsync(1, "file", "--model", Fixture.PathOf("neox-tiny", "model"), "--tokens", Tokens, "--out", _folder.File("file"));
    }

    [Fact]
    public async Task Run_ResultsCannotBeWritten_KeepsWhatIsFinished()
    {
        string[] run =
        [
            "run", "--model", Fixture.PathOf("neox-tiny", "model"), "--tokens", Tokens, "--out", _folder.File("out"), "--skip-heads",
        ];
        Directory.CreateDirectory(_folder.File("out/head_df.csv")); // a folder where a file should go
        File.WriteAllText(_folder.File("out/head_df.csv/in the way"), "");
        var (code, _, error) = await HeadScopeProcess.RunAsync(run);
        Assert.Equal(1, code);
        Assert.Contains("everything committed is kept", error, StringComparison.Ordinal);
        Directory.Delete(_folder.File("out/head_df.csv"), recursive: true);
        (code, _, error) = await HeadScopeProcess.RunAsync(run);
        Assert.True(code == 0, error);
        Assert.DoesNotContain("%", error, StringComparison.Ordinal); // nothing was scored again
    }

    [SkippableFact]
    public async Task Run_DiskIsFull_SaysSoAndResumesWhereThereIsRoom()
    {
        var disk = Directory.CreateDirectory(_folder.File("disk")).FullName;
        Skip.IfNot(Mount("mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk), "mounting a small disk needs root");
        try
        {
            string[] run =
            [
                "run", "--model", Fixture.PathOf("neox-tiny", "model"), "--tokens", Tokens, "--out", Path.Combine(disk, "out"),
                "--skip-heads", "--shard-rows", "1", "--workers", "1",
            ];
            var (code, _, error) = await HeadScopeProcess.RunAsync(run);
            Assert.Equal(1, code);
            Assert.Contains("No space left on device", error, StringComparison.Ordinal);
            Assert.Contains("run the same command again", error, StringComparison.Ordinal);
            Assert.NotEmpty(Directory.GetFiles(Path.Combine(disk, "out"), "*.stats", SearchOption.AllDirectories));

            Assert.True(Mount("mount", "-o", "remount,size=20m", disk));
            (code, _, error) = await HeadScopeProcess.RunAsync(run);
            Assert.True(code == 0, error);
            Assert.Contains("rows done already", error, StringComparison.Ordinal);
        }
        finally
        {
            Mount("umount", disk);
        }
    }

    static bool Mount(string command, params string[] arguments)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
            return false;
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    async Task FailsAsync(int expected, string message, params string[] arguments)
    {
        string[] all = arguments.Contains("--out") ? arguments : [.. arguments, "--out", _folder.File("out")];
        var (code, _, error) = await HeadScopeProcess.RunAsync(["run", .. all]);
        Assert.True(code == expected, $"exit code {code}: {error}");
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal); // a message, not a stack trace
        Assert.False(Directory.Exists(_folder.File("out/.headscope/jobs")), "a job was started");
    }

    string Spoil(string fault)
    {
        var source = Fixture.PathOf("neox-tiny", "model");
        var folder = Directory.CreateDirectory(_folder.File("model")).FullName;
        string config = Path.Combine(folder, "config.json"), weights = Path.Combine(folder, "model.safetensors");
        File.Copy(Path.Combine(source, "config.json"), config);
        File.Copy(Path.Combine(source, "model.safetensors"), weights);
        const string Norm = "gpt_neox.final_layer_norm.bias";
        switch (fault)
        {
            case "truncated":
                using (var file = File.OpenWrite(weights))
                    file.SetLength(file.Length - 1000);
                break;
            case "header longer than the file":
                using (var file = File.OpenWrite(weights))
                    file.Write(BitConverter.GetBytes(1L << 40));
                break;
            case "overlapping offsets":
                EditHeader(
                    weights,
                    header => header[Norm]!["data_offsets"] = header["gpt_neox.final_layer_norm.weight"]!["data_offsets"]!.DeepClone());
                break;
            case "offsets out of range":
                EditHeader(weights, header => header[Norm]!["data_offsets"] = new JsonArray(1L << 40, (1L << 40) + 256));
                break;
            case "offsets that do not fit the shape":
                EditHeader(weights, header => header[Norm]!["shape"] = new JsonArray(65));
                break;
            case "wrong dtype":
                EditHeader(weights, header => header[Norm]!["dtype"] = "I32");
                break;
            case "unknown dtype":
                EditHeader(weights, header => header[Norm]!["dtype"] = "F4");
                break;
            case "NaN weight":
                using (var file = File.OpenWrite(weights))
                {
                    file.Seek(-4, SeekOrigin.End);
                    file.Write(BitConverter.GetBytes(float.NaN));
                }

                break;
            case "missing tensor":
                EditHeader(weights, header =>
                {
                    header["something else"] = header[Norm]!.DeepClone();
                    header.Remove(Norm);
                });
                break;
            case "wrong shape":
                EditConfig(config, json => json["vocab_size"] = 212);
                break;
            case "negative size":
                EditConfig(config, json => json["hidden_size"] = -64);
                break;
            case "huge size":
                EditConfig(config, json => json["num_hidden_layers"] = 2_000_000_000);
                break;
            case "heads that do not divide":
                EditConfig(config, json => json["num_attention_heads"] = 5);
                break;
            case "unknown architecture":
                EditConfig(config, json => (json["architectures"], json["model_type"]) = (new JsonArray("MambaForCausalLM"), "mamba"));
                break;
            case "config that is no JSON":
                File.WriteAllText(config, "{");
                break;
            case "no config":
                File.Delete(config);
                break;
            case "no checkpoint":
                File.Delete(weights);
                break;
            case "no folder":
                return _folder.File("nowhere");
        }

        return folder;
    }

    string SpoilTokens(string fault)
    {
        var path = _folder.File("tokens.safetensors");
        switch (fault)
        {
            case "outside the vocabulary":
                TokenFile.Write(path, [[1, 2, 3], [4, 5, 211]]);
                return path;
            case "negative":
                TokenFile.Write(path, [[1, 2, 3], [4, 5, -1]]);
                return path;
            case "longer than the context":
                TokenFile.Write(path, [new int[65]]);
                return path;
            case "one token a row":
                TokenFile.Write(path, [[1], [2]]);
                return path;
            case "empty":
                TokenFile.Write(path, [[]]);
                return path;
            case "floats":
                return $"{Fixture.PathOf("neox-tiny", "expected_raw.safetensors")}:per_token_loss";
            case "one axis":
                TokenFile.Write(path, [[1, 2, 3]]);
                EditHeader(path, header => header["tokens"]!["shape"] = new JsonArray(3));
                return path;
            case "no such tensor":
                return $"{Tokens}:words";
            case "no file":
                return _folder.File("nothing.safetensors");
            default:
                var npy = _folder.File("tokens.npy");
                var header = $"{{'descr': '{(fault == "npy of floats" ? "<f4" : "<i4")}', 'fortran_order': False, 'shape': (9, 9), }}".PadRight(117) + "\n";
                File.WriteAllBytes(
                    npy, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.Latin1.GetBytes(header), .. new byte[100]]);
                return npy;
        }
    }

    static void EditConfig(string path, Action<JsonNode> edit)
    {
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        edit(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    static void EditHeader(string path, Action<JsonObject> edit)
    {
        var bytes = File.ReadAllBytes(path);
        var length = (int)BitConverter.ToInt64(bytes);
        var header = JsonNode.Parse(bytes.AsSpan(8, length))!.AsObject();
        edit(header);
        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)json.Length), .. json, .. bytes.AsSpan(8 + length)]);
    }
}
