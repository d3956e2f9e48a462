using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Policies;
using Fleetwright.Edge.Turns;
using Fleetwright.Testing;

namespace Fleetwright.Edge.Tests;

/// <summary>The schema of policy files says the same as their reader.</summary>
public sealed class PolicySchemaTests : IDisposable
{
    private static readonly string Schema = Repository.Path("docs", "schemas", "policy.schema.json");
    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright-policy-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Files_that_the_program_writes_fit_the_schema()
    {
        string every = Path.Combine(_folder, "every.json");
        File.WriteAllText(every, PolicyFile.Write(new Policy("p", "d",
        [
            new ClassRoutes("a",
            [
                new Route(Tiers.Device, "m", 0.5, 1, 1e-9, Tiers.Phone), new Route(Tiers.Phone, "n", 1e12, double.PositiveInfinity, 3, Tiers.Edge),
                new Route(Tiers.Edge, "o", double.PositiveInfinity, 1e12, double.PositiveInfinity, Tiers.Cloud),
            ]),
            new ClassRoutes("b", [new Route(Tiers.Cloud, null, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, Tiers.None)]),
        ])));
        SchemaValidator.Passes(Schema, every, Repository.Path("examples", "xr-policy", "policy.json"));
    }

    [Fact]
    public void What_the_reader_takes_with_null_fits_the_schema()
    {
        string path = Path.Combine(_folder, "nulls.json");
        File.WriteAllText(path, """{"schema":"fleetwright-policy/1","product":"p","device":"d","classes":[{"class":"a","routes":[{"tier":"cloud","model":null,"longest_prompt_tokens":null,"context_cap_tokens":null,"timeout_seconds":null,"fallback":null}]}]}""");
        Route route = Assert.Single(Assert.Single(PolicyFile.Read(path).Classes).Routes);
        Assert.Equal(new Route(Tiers.Cloud, null, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, Tiers.None), route);
        SchemaValidator.Passes(Schema, path);
    }

    [Fact]
    public void The_schema_refuses_what_the_reader_refuses()
    {
        string text = File.ReadAllText(Repository.Path("examples", "xr-policy", "policy.json"));
        (string Part, string Wrong)[] changes =
        [
            ("policy/1", "policy/2"), ("\"product\"", "\"colour\""), ("\"product\": \"Headset assistant\"", "\"product\": \"\""), ("\"class\"", "\"name\""), ("\"tier\": \"cloud\"", "\"tier\": \"moon\""),
            ("0.8", "0"), ("0.8", "-1"), ("512", "\"512\""), ("\"fallback\": \"cloud\"", "\"fallback\": \"none\""), ("\"model\": \"llama-3.2-1b\",\n          \"longest", "\"longest"),
            ("\"model\": \"llama-3.2-1b\"", "\"model\": null"), ("\"timeout_seconds\"", "\"timeout\""),
        ];
        var files = new List<string>();
        foreach ((string part, string wrong) in changes)
        {
            string path = Path.Combine(_folder, $"wrong-{files.Count}.json");
            int at = text.IndexOf(part, StringComparison.Ordinal);
            File.WriteAllText(path, string.Concat(text.AsSpan(0, at), wrong, text.AsSpan(at + part.Length)));
            files.Add(path);
            Assert.Throws<InputException>(() => PolicyFile.Read(path));
        }

        (int code, string output) = SchemaValidator.Run([Schema, .. files]);
        Assert.Equal(1, code);
        Assert.All(files, file => Assert.Contains(file, output, StringComparison.Ordinal));
    }
}
