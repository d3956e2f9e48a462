// Answers one turn by an exported policy: dotnet run --project examples/xr-policy -- policy.json spoken 900 device=300 cloud=2000
// Engines are stand-ins whose first token takes the milliseconds given; a tier that is not named is out of reach.
using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Policies;
using Fleetwright.Edge.Turns;

if (args.Length < 3 || !double.TryParse(args[2], CultureInfo.InvariantCulture, out double promptTokens))
{
    Console.Error.WriteLine("usage: xr-policy POLICY.json CLASS PROMPT_TOKENS [device=MS] [phone=MS] [edge=MS] [cloud=MS]");
    return 2;
}

var milliseconds = new Dictionary<Tiers, int>();
try
{
    foreach (string[] engine in args.Skip(3).Select(a => a.Split('=')))
    {
        milliseconds[Enum.Parse<Tiers>(engine[0], ignoreCase: true)] = int.Parse(engine[^1], CultureInfo.InvariantCulture);
    }

    Policy policy = PolicyFile.Read(args[0]);
    var runner = new PolicyRunner(policy);
    Tiers reachable = milliseconds.Keys.Aggregate(Tiers.None, (all, tier) => all | tier);
    for (Decision? next = runner.Decide(args[1], promptTokens, reachable); next is not null; next = next.Otherwise)
    {
        if (await FirstToken(next) is { } token)
        {
            Console.WriteLine($"{next.Tier}, {next.Model ?? "its own model"}: {token}");
            return 0;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{next.Tier}: no first token within {next.TimeoutSeconds} s"));
    }

    Console.WriteLine("no tier answers");
    return 3;
}
catch (Exception e) when (e is InputException or ArgumentException or FormatException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

// An app calls its engine here; the stand-in waits. Null when the time of the route is up.
async Task<string?> FirstToken(Decision turn)
{
    Task<string> answer = Engine(turn);
    return double.IsInfinity(turn.TimeoutSeconds) || await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(turn.TimeoutSeconds))) == answer ? await answer : null;
}

async Task<string> Engine(Decision turn)
{
    await Task.Delay(milliseconds[turn.Tier]);
    return string.Create(CultureInfo.InvariantCulture, $"answer to {turn.PromptTokens} prompt tokens");
}
