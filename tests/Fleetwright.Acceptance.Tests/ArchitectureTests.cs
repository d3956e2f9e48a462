using System.Xml.Linq;
using Fleetwright.Testing;

namespace Fleetwright.Acceptance.Tests;

/// <summary>Arrows between projects point one way, as the table of the design says.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Catalog"] = [],
        ["Models"] = ["Catalog"],
        ["Hardware"] = ["Catalog", "Models"],
        ["Serving"] = ["Catalog", "Models", "Hardware"],
        ["Training"] = ["Catalog", "Models", "Hardware"],
        ["Edge"] = ["Catalog", "Models", "Hardware", "Serving"],
        ["Supply"] = ["Catalog"],
        ["Scenarios"] = ["Catalog", "Models", "Hardware", "Serving", "Training", "Edge", "Supply"],
        ["Validation"] = ["Catalog", "Models", "Hardware", "Serving", "Training", "Edge", "Supply", "Scenarios"],
        ["Cli"] = ["Scenarios", "Validation", "Catalog", "Models", "Hardware", "Serving", "Training", "Edge", "Supply"],
    };

    public static TheoryData<string> Projects => [.. Directory.EnumerateDirectories(Repository.Path("src")).Select(p => Path.GetFileName(p)["Fleetwright.".Length..]).Order(StringComparer.Ordinal)];

    /// <summary>The library that apps on devices link, and all that it brings with it.</summary>
    public static TheoryData<string> Library => ["Edge", .. Allowed["Edge"]];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_uses_only_what_lies_before_it_in_the_chain(string project)
    {
        Assert.True(Allowed.ContainsKey(project), $"{project} is not in the table of the design; add it there and here");
        Assert.All(References($"src/Fleetwright.{project}/Fleetwright.{project}.csproj"), used => Assert.Contains(used, Allowed[project]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_has_tests_of_its_own(string project)
        => Assert.True(Directory.Exists(Repository.Path("tests", $"Fleetwright.{project}.Tests")), $"tests/Fleetwright.{project}.Tests is missing");

    [Theory]
    [MemberData(nameof(Library))]
    public void What_an_app_links_may_be_trimmed(string project)
        => Assert.Equal("true", XDocument.Load(Repository.Path($"src/Fleetwright.{project}/Fleetwright.{project}.csproj")).Descendants("IsTrimmable").Single().Value);

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Repository.Path("Fleetwright.slnx"));
        Assert.All(
            new[] { "src", "tests", "bench" }.SelectMany(f => Directory.EnumerateFiles(Repository.Path(f), "*.csproj", SearchOption.AllDirectories)),
            file => Assert.Contains(Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'), solution, StringComparison.Ordinal));
    }

    [Fact]
    public void No_test_project_is_referenced_by_the_program()
        => Assert.All(Projects.Select(p => p.Data), p => Assert.DoesNotContain(References($"src/Fleetwright.{p}/Fleetwright.{p}.csproj"), r => r.EndsWith("Tests", StringComparison.Ordinal)));

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(Repository.Path(project)).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(((string)r.Attribute("Include")!).Replace('\\', '/'))["Fleetwright.".Length..]);
}
