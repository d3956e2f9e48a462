using System.CommandLine;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Policies;
using Fleetwright.Edge.Population;
using Fleetwright.Scenarios.Chain;
using Fleetwright.Scenarios.Inputs;
using Fleetwright.Scenarios.Output;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright device place SCENARIO</c>: which class of turns runs where, and at which prompt, delay or cache the answer changes.</summary>
internal static class DevicePlaceCommand
{
    private const int MostUsers = 10_000_000;

    public static Command Create(CommandContext context)
    {
        Argument<string?> file = ScenarioOptions.File();
        var product = new Option<string?>("--product") { Description = "Only this product of the scenario." };
        var users = new Option<int>("--users") { Description = "Users whose day is simulated under the policy found; 0 for none.", DefaultValueFactory = _ => 100_000 };
        var policyOut = new Option<string?>("--policy-out") { Description = "Write the policy of one product as JSON that an app applies; needs --product when the scenario has several." };
        Option<int> threads = ScenarioOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("place", "The cheapest admissible policy for each product of a scenario, its flip points, and a day of many users under it.")
            { file, product, users, policyOut, threads, json };
        command.SetAction(parsed =>
        {
            Scenario scenario = ScenarioReader.Read(ScenarioOptions.Path(parsed, file));
            int workers = CommonOptions.Whole(parsed, threads, 1, 1024), people = CommonOptions.Whole(parsed, users, 0, MostUsers);
            string? policyFile = CommonOptions.InFolder(parsed.GetValue(policyOut), policyOut.Name);
            if (policyFile is not null && parsed.GetValue(product) is null && scenario.Products.Count > 1)
            {
                throw new InputException(policyOut.Name, $"a policy file holds one product; name it with --product: {string.Join(", ", scenario.Products.Select(p => p.Name))}");
            }

            var answers = new List<PlaceAnswer>();
            bool admissible = true;
            foreach (ScenarioPlacement placement in PlacementInputs.Of(ScenarioOptions.Chain(context, scenario, workers), parsed.GetValue(product)))
            {
                context.Error.WriteLine($"fleetwright: placing {placement.Title}");
                PlacementAnswer answer = PlacementSearch.Run(placement.Question, context.Cancellation);
                PopulationResult? day = people > 0
                    ? PopulationSimulation.Run(placement.Question, answer.Best.Policy, people, scenario.Seed, workers, context.Cancellation)
                    : null;
                admissible &= answer.Admissible;
                if (policyFile is not null)
                {
                    WholeFile.Write(policyFile, PolicyFile.Write(answer.Best.Policy));
                }

                if (parsed.GetValue(json))
                {
                    answers.Add(PlaceAnswer.Of(placement, answer, day));
                }
                else
                {
                    PlaceText.Write(context, placement, answer, day);
                }
            }

            if (parsed.GetValue(json))
            {
                context.WriteJson(answers);
            }

            if (!admissible)
            {
                context.Error.WriteLine("fleetwright: not every product keeps all its promises; 'missed' says which and by how much");
            }

            return admissible ? ExitCode.Success : ExitCode.Infeasible;
        });
        return command;
    }
}
