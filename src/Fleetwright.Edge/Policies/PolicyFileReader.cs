using System.Globalization;
using System.Text.Json;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Reading;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Policies;

/// <summary>Reads policy files: one pass finds every problem.</summary>
internal sealed class PolicyFileReader
{
    private static readonly string[] FileKeys = ["schema", "product", "device", "classes"];
    private static readonly string[] ClassKeys = ["class", "routes"];
    private static readonly string[] RouteKeys = ["tier", "model", "longest_prompt_tokens", "context_cap_tokens", "timeout_seconds", "fallback"];
    private readonly List<Diagnostic> _problems = [];

    public static Policy Read(byte[] utf8, string file)
    {
        IReadOnlyList<JsonItem> values = JsonItem.Parse(utf8, file);
        if (values.Count == 0 || values[0].Kind != JsonTokenType.StartObject)
        {
            throw new InputException(file, $"found {(values.Count == 0 ? "an empty file" : values[0].Found)}; allowed: an object with {string.Join(", ", FileKeys)}");
        }

        // What follows tells nothing when the file is of another kind.
        JsonItem root = values[0];
        if (root["schema"] is not { Kind: JsonTokenType.String, Text: PolicyFile.Schema })
        {
            throw new InputException([root.Wrong("schema", $"found {root["schema"]?.Found ?? root.Found}; allowed: '{PolicyFile.Schema}', the policy files of this version")]);
        }

        var reader = new PolicyFileReader();
        Policy policy = reader.ReadPolicy(root);
        return reader._problems.Count == 0 ? policy : throw new InputException(reader._problems);
    }

    private Policy ReadPolicy(JsonItem root)
    {
        Keys(root, FileKeys);
        var classes = new List<ClassRoutes>();
        foreach (JsonItem item in List(root, "classes"))
        {
            ClassRoutes choice = ReadClass(item);
            if (choice.Class.Length > 0 && classes.Any(c => c.Class == choice.Class))
            {
                _problems.Add(item.Wrong("class", $"'{choice.Class}' stands twice; allowed: once"));
            }

            classes.Add(choice);
        }

        return new Policy(Text(root, "product"), Text(root, "device"), classes);
    }

    private ClassRoutes ReadClass(JsonItem item)
    {
        if (!Keys(item, ClassKeys))
        {
            return new ClassRoutes("", []);
        }

        string name = Text(item, "class");
        IReadOnlyList<JsonItem> items = List(item, "routes");
        List<Route> routes = [.. items.Select(ReadRoute)];
        for (int i = 0; i < routes.Count; i++)
        {
            if (i > 0 && !(routes[i].LongestPromptTokens > routes[i - 1].LongestPromptTokens))
            {
                _problems.Add(items[i].Wrong("longest_prompt_tokens", string.Create(CultureInfo.InvariantCulture,
                    $"found {Tokens(routes[i].LongestPromptTokens)} after {Tokens(routes[i - 1].LongestPromptTokens)}, so that no turn takes this route; allowed: longer prompts than those of the route before")));
            }

            if (IsLocal(routes[i].Fallback) && !routes.Any(r => r.Tier == routes[i].Fallback))
            {
                _problems.Add(items[i].Wrong("fallback", $"found '{TierNames.Of(routes[i].Fallback)}', on which no route of the class names a model; allowed: the tier of a route, or edge, cloud"));
            }
        }

        return new ClassRoutes(name, routes);
    }

    private Route ReadRoute(JsonItem item)
    {
        if (!Keys(item, RouteKeys))
        {
            return new Route(Tiers.Cloud, null, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, Tiers.None);
        }

        Tiers tier = Tier(item, "tier");
        string? model = item["model"] is null ? null : Text(item, "model");
        if (IsLocal(tier) && model is null)
        {
            _problems.Add(item.Wrong("model", $"is missing; a route on '{TierNames.Of(tier)}' names the model that runs there"));
        }

        Tiers fallback = item["fallback"] is null ? Tiers.None : Tier(item, "fallback");
        if (fallback != Tiers.None && fallback == tier)
        {
            _problems.Add(item.Wrong("fallback", $"found '{TierNames.Of(fallback)}', which is the route's own tier; allowed: another one"));
        }

        return new Route(tier, model, Limit(item, "longest_prompt_tokens"), Limit(item, "context_cap_tokens"), Limit(item, "timeout_seconds"), fallback);
    }

    private Tiers Tier(JsonItem item, string key)
    {
        string name = Text(item, key);
        Tiers tier = TierNames.Parse(name);
        if (name.Length > 0 && tier == Tiers.None)
        {
            _problems.Add(item.Wrong(key, $"found '{name}'; allowed: {TierNames.Allowed}{NearMiss.Suggestion(name, TierNames.All.Select(t => t.Name))}"));
        }

        return tier;
    }

    private double Limit(JsonItem item, string key)
    {
        if (item[key] is not { } found)
        {
            return double.PositiveInfinity;
        }

        if (found.IsNumber(out double value) && value > 0)
        {
            return value;
        }

        _problems.Add(found.Wrong($"found {found.Found}; allowed: a number above 0, or no such key for no limit"));
        return double.PositiveInfinity;
    }

    private string Text(JsonItem item, string key)
    {
        if (item[key] is { Kind: JsonTokenType.String, Text.Length: > 0 } found)
        {
            return found.Text;
        }

        _problems.Add(item.Wrong(key, item[key] is { } wrong ? $"found {wrong.Found}; allowed: a text" : "is missing"));
        return "";
    }

    private IReadOnlyList<JsonItem> List(JsonItem item, string key)
    {
        if (item[key] is { Kind: JsonTokenType.StartArray, Items.Count: > 0 } found)
        {
            return found.Items;
        }

        _problems.Add(item.Wrong(key, item[key] is { } wrong ? $"found {wrong.Found}; allowed: a list of at least one" : "is missing"));
        return [];
    }

    // Whether it is an object at all; unknown and repeated keys are told.
    private bool Keys(JsonItem item, string[] known)
    {
        if (item.Kind != JsonTokenType.StartObject)
        {
            _problems.Add(item.Wrong($"found {item.Found}; allowed: an object with {string.Join(", ", known)}"));
            return false;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string key, JsonItem value) in item.Members)
        {
            if (!known.Contains(key))
            {
                _problems.Add(value.Wrong($"is no key here; allowed: {string.Join(", ", known)}{NearMiss.Suggestion(key, known)}"));
            }
            else if (!seen.Add(key))
            {
                _problems.Add(value.Wrong("stands twice; allowed: once"));
            }
        }

        return true;
    }

    private static bool IsLocal(Tiers tier) => tier is Tiers.Device or Tiers.Phone;

    private static string Tokens(double tokens) => double.IsPositiveInfinity(tokens) ? "no limit" : tokens.ToString(CultureInfo.InvariantCulture);
}
