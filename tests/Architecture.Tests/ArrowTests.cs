using System.Xml.Linq;
using HeadScope.Tests.Support;

namespace HeadScope.Architecture.Tests;

/// <summary>Which part of the sources may use which. What breaks a rule is named by its files.</summary>
public class ArrowTests
{
    static readonly string Src = Fixture.PathOf("..", "..", "src");

    static readonly ILookup<string, SourceFile> Files = SourceFile.All(Src).ToLookup(file => file.Project);

    /// <summary>Each project, and those that it may use directly; what they use comes with them.</summary>
    static readonly Dictionary<string, string[]> Below = new()
    {
        ["ModelCore"] = [],
        ["ModelCore.Torch"] = ["ModelCore"],
        ["Data"] = ["ModelCore"],
        ["Jobs"] = ["Data", "ModelCore.Torch"],
        ["Grains"] = ["Jobs"],
        ["CommandLine"] = ["Jobs"],
        ["Silo"] = ["CommandLine", "Grains"],
        ["Client"] = ["CommandLine"],
    };

    public static TheoryData<string> Projects => [.. Below.Keys];

    [Fact]
    public void Projects_OfTheSources_AreThoseWithRules() =>
        Assert.Equal(Below.Keys.Order(StringComparer.Ordinal), Files.Select(files => files.Key).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_LieBelowIt(string project)
    {
        var references = XDocument.Load(Path.Combine(Src, project, $"{project}.csproj")).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.Equal(Below[project].Order(StringComparer.Ordinal), references.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Rooms_OfAProject_UseOneAnotherInOneDirection(string project)
    {
        var arrows = Arrow.Between([.. Files[project]]).ToList();
        foreach (var arrow in arrows)
        {
            if (WayBack(arrow, arrows) is { } back)
                Assert.Fail($"{project}: a circle of rooms. {arrow}; {string.Join("; ", back)}.");
        }
    }

    [Theory]
    [InlineData("ModelCore", "File", "Directory", "FileStream", "FileInfo", "Socket", "HttpClient", "Console")]
    [InlineData("Data", "Console")]
    [InlineData("Jobs", "Orleans", "Grain", "IGrain")]
    [InlineData("Client", "Orleans", "Grain", "IGrain")]
    public void Files_OfAProject_NameNothingOfAnothersBusiness(string project, params string[] words)
    {
        foreach (var file in Files[project])
        {
            foreach (var word in words)
                Assert.False(file.Names(word), $"src/{file.Path} names {word}, which {project} has nothing to do with.");
        }
    }

    /// <summary>Arrows that lead from where one points to where it starts; null where none do.</summary>
    static List<Arrow>? WayBack(Arrow arrow, List<Arrow> arrows)
    {
        var ways = new Dictionary<string, List<Arrow>> { [arrow.To.Room] = [] };
        var open = new Queue<string>(ways.Keys);
        while (open.TryDequeue(out var room))
        {
            foreach (var next in arrows.Where(next => next.From.Room == room))
            {
                if (!ways.TryAdd(next.To.Room, [.. ways[room], next]))
                    continue;
                if (next.To.Room == arrow.From.Room)
                    return ways[next.To.Room];
                open.Enqueue(next.To.Room);
            }
        }

        return null;
    }
}
