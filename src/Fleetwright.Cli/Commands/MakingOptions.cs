using System.CommandLine;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;
using Fleetwright.Hardware.Manufacturing;

namespace Fleetwright.Cli.Commands;

/// <summary>Options of the commands that cost a chip.</summary>
internal sealed class MakingOptions
{
    private static readonly (string Name, YieldModel Model)[] s_models =
    [
        ("negative-binomial", YieldModel.NegativeBinomial), ("poisson", YieldModel.Poisson), ("murphy", YieldModel.Murphy), ("seeds", YieldModel.Seeds), ("bose-einstein", YieldModel.BoseEinstein),
    ];

    private readonly Option<double?> _volume = new("--volume") { Description = "Good units over which masks and design are spread; left out of the unit cost when not given." };
    private readonly Option<bool> _sameArea = new("--same-area") { Description = "Keep the area on another node instead of resizing logic, SRAM and PHYs by its densities." };
    private readonly Option<int?> _spares = new("--spares") { Description = "Cores of the main die that need not work, its area as it is; as the chip is sold when left out." };
    private readonly Option<string?> _quarter = new("--quarter") { Description = "Quarter of the memory price, such as 2025Q1; the newest in the catalogue when left out." };
    private readonly Option<string> _model = new("--yield") { Description = "Yield model: negative-binomial, poisson, murphy, seeds or bose-einstein.", DefaultValueFactory = _ => "negative-binomial" };
    private readonly Option<double?> _parameter = new("--yield-parameter") { Description = "Alpha of the negative binomial (the catalogue's range when left out) or layers of Bose-Einstein (10)." };
    private readonly Option<bool> _separate = new("--separate-regions") { Description = "Let cores and the rest of a die draw defect densities of their own, as public calculators do." };
    private readonly Option<bool> _grid = new("--count-grid") { Description = "Count whole dies on the wafer instead of the formula." };
    private readonly Option<int> _draws = new("--draws") { Description = "Monte Carlo draws.", DefaultValueFactory = _ => 10_000 };
    private readonly Option<int> _seed = new("--seed") { Description = "Seed of the draws.", DefaultValueFactory = _ => 1 };

    /// <summary>Adds the options to <paramref name="command"/>.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_volume, _sameArea, _spares, _quarter, _model, _parameter, _separate, _grid, _draws, _seed])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads them; the node is set by the command.</summary>
    public CostOptions Read(ParseResult parsed)
    {
        double? volume = parsed.GetValue(_volume), parameter = parsed.GetValue(_parameter);
        if (volume is not null && !(volume is >= 1 and <= 1e12))
        {
            throw new InputException(_volume.Name, FormattableString.Invariant($"found {volume}; allowed: 1 to 1e12 units"));
        }

        if (parameter is not null && !(parameter is >= 0.25 and <= 1e6))
        {
            throw new InputException(_parameter.Name, FormattableString.Invariant($"found {parameter}; allowed: 0.25 to 1,000,000"));
        }

        return new CostOptions
        {
            Volume = volume,
            SameArea = parsed.GetValue(_sameArea),
            Quarter = QuarterOf(parsed.GetValue(_quarter)),
            Model = ModelOf(parsed.GetValue(_model)!),
            YieldParameter = parameter,
            Sharing = parsed.GetValue(_separate) ? DefectSharing.Separate : DefectSharing.Shared,
            CountGrid = parsed.GetValue(_grid),
            Draws = CommonOptions.Whole(parsed, _draws, 100, 1_000_000),
            Seed = (ulong)CommonOptions.Whole(parsed, _seed, 0, int.MaxValue),
        };
    }

    /// <summary>The chip or design called <paramref name="name"/>, as its maker sees it.</summary>
    public ChipDescription Describe(CommandContext context, ParseResult parsed, string name)
    {
        ChipDescription chip = DesignReader.IsPath(name)
            ? DesignDescription.Of(context.Catalog, DesignedChip.For(context.Catalog, DesignReader.Open(context.Catalog, name)))
            : ChipDescription.Of(context.Catalog, context.Catalog.Chips.Get(name));
        if (parsed.GetValue(_spares) is not { } spares)
        {
            return chip;
        }

        DieDescription main = chip.Dies[0];
        return main.Cores == 0 ? throw new InputException(_spares.Name, $"{chip.Name} states no cores of its {main.Name}")
            : spares < 0 || spares > main.Cores ? throw new InputException(_spares.Name, $"found {spares}; allowed: 0 to the {main.Cores} cores of the {main.Name}")
            : chip with { Dies = [main with { CoresNeeded = main.Cores - spares }, .. chip.Dies.Skip(1)] };
    }

    /// <summary>The nodes of a list such as <c>n5,sf4</c> by their catalogue names; every unknown one is reported.</summary>
    public static IReadOnlyList<string> Nodes(CommandContext context, string? list)
    {
        var names = new List<string>();
        var problems = new List<Diagnostic>();
        foreach (string name in (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (context.Catalog.Nodes.Find(name) is { } node)
            {
                names.Add(node.Name);
            }
            else
            {
                problems.Add(new Diagnostic("--node", 0, 0, "", context.Catalog.Nodes.NotFound(name)));
            }
        }

        return problems.Count == 0 ? names : throw new InputException(problems);
    }

    private Quarter? QuarterOf(string? text) =>
        text is null ? null : Quarter.TryParse(text, out Quarter quarter) ? quarter : throw new InputException(_quarter.Name, $"found '{text}'; allowed: a quarter such as 2025Q1");

    private YieldModel ModelOf(string text)
    {
        foreach ((string name, YieldModel model) in s_models)
        {
            if (name == text)
            {
                return model;
            }
        }

        string[] names = [.. s_models.Select(m => m.Name)];
        throw new InputException(_model.Name, $"found '{text}'{NearMiss.Suggestion(text, names)}; allowed: {string.Join(", ", names)}");
    }
}
