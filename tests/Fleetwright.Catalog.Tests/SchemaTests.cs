using System.Text.Json;
using System.Text.RegularExpressions;
using Fleetwright.Catalog.Units;
using Fleetwright.Testing;

namespace Fleetwright.Catalog.Tests;

/// <summary>The JSON Schemas that editors complete and check with say the same as the readers.</summary>
public sealed class SchemaTests
{
    [Fact]
    public void Every_file_of_the_catalogue_fits_its_schema()
        => SchemaValidator.Passes(Repository.Path("catalog"));

    [Fact]
    public void A_schema_refuses_an_unknown_key_in_any_map()
        => SchemaValidator.Passes(Repository.Path("catalog"), "--mutate");

    [Fact]
    public void The_schemas_accept_exactly_the_units_of_the_readers()
    {
        using JsonDocument common = JsonDocument.Parse(File.ReadAllText(Repository.Path("catalog", "schemas", "common.schema.json")));
        int compared = 0;
        foreach (JsonProperty definition in common.RootElement.GetProperty("$defs").EnumerateObject())
        {
            if (!definition.Value.TryGetProperty("$comment", out JsonElement comment))
            {
                continue;
            }

            Dimension dimension = QuantityTests.Dimensions[comment.GetString()!.Split('.')[1]];
            var pattern = new Regex(definition.Value.GetProperty("pattern").GetString()!, RegexOptions.ECMAScript);
            foreach (string unit in dimension.Units)
            {
                Assert.Matches(pattern, unit.StartsWith('$') ? $"${1234.5:#,0.0} {unit[1..]}".TrimEnd() : $"{1234.5:#,0.0} {unit}".TrimEnd());
                compared++;
            }

            foreach (string wrong in new[] { "-1 GB", "1 parsec", "NaN", "3,35 TB/s", "1..2 W", "" })
            {
                Assert.DoesNotMatch(pattern, wrong);
            }
        }

        Assert.True(compared > 100);
    }
}
