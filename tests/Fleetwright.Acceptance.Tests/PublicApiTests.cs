using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Fleetwright.Testing;

namespace Fleetwright.Acceptance.Tests;

/// <summary>What other programs can call is listed in <c>PublicApi.txt</c>, so that a change of it is seen in review; UPDATE_GOLDEN=1 rewrites the list.</summary>
public sealed class PublicApiTests
{
    private static readonly string[] Libraries = ["Catalog", "Models", "Hardware", "Serving", "Training", "Edge", "Supply", "Scenarios", "Validation"];

    [Fact]
    public void The_public_api_is_the_listed_one()
    {
        string found = string.Concat(Libraries.Select(l => Describe(Assembly.Load($"Fleetwright.{l}"))));
        string golden = Repository.Path("tests", "Fleetwright.Acceptance.Tests", "PublicApi.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(golden, found);
        }

        Assert.Equal(File.ReadAllText(golden), found);
    }

    private static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(type.FullName).Append('\n');
            IEnumerable<string> members = type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
                .Where(m => m is not MethodInfo { IsSpecialName: true } && m is not Type && m.GetCustomAttribute<CompilerGeneratedAttribute>() is null && m.Name is not ("value__" or "EqualityContract" or "Deconstruct" or "<Clone>$"))
                .Select(m => $"    {m}")
                .Distinct()
                .Order(StringComparer.Ordinal);
            foreach (string member in members)
            {
                text.Append(member).Append('\n');
            }
        }

        return text.ToString();
    }
}
