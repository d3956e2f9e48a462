using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Policies;
using Fleetwright.Edge.Turns;
using Fleetwright.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Fleetwright.Edge.Tests;

/// <summary>Policies as JSON files.</summary>
public sealed class PolicyFileTests
{
    private static string Sample => Repository.Path("examples", "xr-policy", "policy.json");

    [Fact]
    public void Any_policy_comes_back_as_it_was_written()
        => Prop.ForAll(Policies().ToArbitrary(), policy =>
        {
            Policy back = PolicyFile.Parse(PolicyFile.Write(policy), "p.json");
            Assert.Equal((policy.Product, policy.Device), (back.Product, back.Device));
            Assert.Equal(policy.Classes.Select(c => c.Class), back.Classes.Select(c => c.Class));
            Assert.Equal(policy.Classes.SelectMany(c => c.Routes), back.Classes.SelectMany(c => c.Routes));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_sample_is_as_the_program_writes_it()
        => Assert.Equal(File.ReadAllText(Sample), PolicyFile.Write(PolicyFile.Read(Sample)));

    [Fact]
    public void A_cut_file_is_told_with_its_place_wherever_it_is_cut()
    {
        string whole = File.ReadAllText(Sample).TrimEnd();
        for (int length = 1; length < whole.Length; length++)
        {
            Diagnostic told = Assert.Throws<InputException>(() => PolicyFile.Parse(whole[..length], "p.json")).Diagnostics[0];
            Assert.Equal(("p.json", whole[..length].Count(c => c == '\n') + 1), (told.File, told.Line));
            Assert.EndsWith("the text ends within a JSON value, as a cut file's does; allowed: a whole value", told.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("fleetwright-policy/1", "fleetwright-policy/2", "2:13: schema: found 'fleetwright-policy/2'; allowed: 'fleetwright-policy/1'")]
    [InlineData("\"product\": \"Headset assistant\"", "\"product\": 7", "3:14: product: found 7; allowed: a text")]
    [InlineData("\"tier\": \"cloud\"", "\"tier\": \"clout\"", "classes[0].routes[1].tier: found 'clout'; allowed: device, phone, edge, private-cloud, cloud (did you mean cloud?)")]
    [InlineData("\"timeout_seconds\": 0.8", "\"timeout_seconds\": 0", "14:30: classes[0].routes[0].timeout_seconds: found 0; allowed: a number above 0, or no such key for no limit")]
    [InlineData("\"timeout_seconds\": 0.8", "\"timeout_second\": 0.8", "classes[0].routes[0].timeout_second: is no key here")]
    [InlineData("\"fallback\": \"cloud\"", "\"fallback\": \"device\"", "classes[0].routes[0].fallback: found 'device', which is the route's own tier; allowed: another one")]
    [InlineData("\"fallback\": \"cloud\"", "\"fallback\": \"phone\"", "classes[0].routes[0].fallback: found 'phone', on which no route of the class names a model")]
    [InlineData("\"class\": \"camera\"", "\"class\": \"spoken\"", "classes[1].class: 'spoken' stands twice; allowed: once")]
    [InlineData("\"model\": \"llama-3.2-1b\",\n          \"longest_prompt_tokens\": 600", "\"longest_prompt_tokens\": 600", "classes[0].routes[0].model: is missing; a route on 'device' names the model that runs there")]
    [InlineData("\"longest_prompt_tokens\": 600,", "", "classes[0].routes[1].longest_prompt_tokens: found no limit after no limit, so that no turn takes this route")]
    [InlineData("\"context_cap_tokens\": 512", "\"context_cap_tokens\": 512, \"context_cap_tokens\": 5", "stands twice; allowed: once")]
    public void What_is_wrong_is_told_with_place_found_and_allowed(string part, string wrong, string told)
    {
        string text = File.ReadAllText(Sample);
        int at = text.IndexOf(part, StringComparison.Ordinal);
        Assert.True(at >= 0);
        string message = Assert.Throws<InputException>(() => PolicyFile.Parse(string.Concat(text.AsSpan(0, at), wrong, text.AsSpan(at + part.Length)), "p.json")).Message;
        Assert.StartsWith("p.json:", message, StringComparison.Ordinal);
        Assert.Contains(told, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "an empty file")]
    [InlineData("[]", "a list of 0")]
    [InlineData("{\"schema\":\"fleetwright-results/1\"}", "'fleetwright-results/1'")]
    [InlineData("{\"colour\":1}", "an object with colour")]
    public void A_file_of_another_kind_is_told_by_what_it_is(string text, string found)
        => Assert.Contains($"found {found}; allowed: ", Assert.Throws<InputException>(() => PolicyFile.Parse(text, "p.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_problem_is_told_at_once()
        => Assert.Equal(4, Assert.Throws<InputException>(() => PolicyFile.Parse("""{"schema":"fleetwright-policy/1","device":"x","classes":[{"class":"a","routes":[{"tier":"moon"},{"tier":"cloud","timeout_seconds":-1}]}]}""", "p.json")).Diagnostics.Count);

    [Fact]
    public void Whatever_text_comes_the_file_is_read_or_refused()
    {
        string whole = File.ReadAllText(Sample);
        Gen<(int At, char Value)[]> edits = (from at in Gen.Choose(0, whole.Length - 1)
                                             from value in Gen.OneOf(Gen.Elements("{}[]\",:0-eE.\\\n".ToCharArray()), Gen.Choose(0, 0x2fff).Select(c => (char)c))
                                             select (at, value)).ArrayOf();
        Prop.ForAll(edits.ToArbitrary(), changes =>
        {
            char[] changed = whole.ToCharArray();
            foreach ((int at, char value) in changes)
            {
                changed[at] = value;
            }

            Exception? thrown = Record.Exception(() => PolicyFile.Parse(new string(changed), "p.json"));
            Assert.True(thrown is null or InputException, thrown?.ToString());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static Gen<Policy> Policies()
    {
        Gen<double> limit = Gen.OneOf(Gen.Constant(double.PositiveInfinity), Gen.Choose(1, int.MaxValue).Select(n => n / 1000.0), Gen.Choose(1, 100_000).Select(n => (double)n));
        Gen<string> text = Gen.Elements("general", "camera", "été \"q\" \\ \n", "日本", "a/b");
        Gen<Route> route = from tier in Gen.Elements(Tiers.Device, Tiers.Phone, Tiers.Edge, Tiers.Cloud)
                           from fallback in Gen.Elements(Tiers.None, Tiers.Edge, Tiers.Cloud)
                           from model in text
                           from cap in limit
                           from timeout in limit
                           select new Route(tier, tier is Tiers.Device or Tiers.Phone || model == "a/b" ? model : null, 0, cap, timeout, fallback == tier ? Tiers.None : fallback);
        Gen<ClassRoutes> choice = from name in text
                                  from routes in route.NonEmptyListOf()
                                  from endless in Gen.Elements(true, false)
                                  select new ClassRoutes(name, [.. routes.Take(4).Select((r, i) => r with { LongestPromptTokens = endless && i == Math.Min(routes.Count, 4) - 1 ? double.PositiveInfinity : (i + 1) * 100.5 })]);
        return from product in text
               from device in text
               from classes in choice.NonEmptyListOf()
               select new Policy(product, device, [.. classes.DistinctBy(c => c.Class)]);
    }
}
