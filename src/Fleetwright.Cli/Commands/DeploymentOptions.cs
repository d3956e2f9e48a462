using System.CommandLine;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Search;

namespace Fleetwright.Cli.Commands;

/// <summary>The options that describe one deployment of a language model: model, chip, layout, number formats and engine.</summary>
internal sealed class DeploymentOptions
{
    private const int MostChips = 4096;
    private const int SearchedChips = 64;
    private readonly Option<string> _model = new("--model") { Required = true, Description = "A model of the catalogue, a Hugging Face repository, or the path of a config.json." };
    private readonly Option<string> _chip = new("--chip") { Required = true, Description = "A chip of the catalogue." };
    private readonly Option<int?> _tp = new("--tp") { Description = "Tensor parallelism." };
    private readonly Option<int?> _pp = new("--pp") { Description = "Pipeline stages." };
    private readonly Option<int?> _ep = new("--ep") { Description = "Expert parallelism." };
    private readonly Option<int?> _dp = new("--dp-attention") { Description = "Groups with attention of their own." };
    private readonly Option<string?> _dtype = ServingOptions.Dtype();
    private readonly Option<string?> _cache = ServingOptions.CacheDtype();
    private readonly Option<string> _engine = ServingOptions.Engine();

    /// <summary>An option for the chips of the replica, where the command has one.</summary>
    public Option<int?>? Count { get; init; }

    private Option<int?>[] Degrees => [_tp, _pp, _ep, _dp];

    /// <summary>Lets model and chip be left out, where the command has another way to say what is run.</summary>
    public DeploymentOptions Optional()
    {
        _model.Required = _chip.Required = false;
        return this;
    }

    /// <summary>The model's name; null when it was left out.</summary>
    public string? ModelName(ParseResult parsed) => parsed.GetValue(_model);

    /// <summary>Adds the options to a command, and then the command's own, in the order of its help.</summary>
    public void AddTo(Command command, params IReadOnlyList<Option> own)
    {
        foreach (Option? option in (IEnumerable<Option?>)[_model, _chip, Count, .. Degrees, _dtype, _cache, _engine, .. own])
        {
            if (option is not null)
            {
                command.Options.Add(option);
            }
        }
    }

    /// <summary>The model.</summary>
    /// <exception cref="InputException">There is none of that name, or it is a ranking model.</exception>
    public ModelSpec Model(CommandContext context, ParseResult parsed)
    {
        ModelSpec spec = ServingOptions.Model(context, Given(parsed, _model));
        return spec.Ranking is null ? spec : throw new InputException(_model.Name, $"{spec.Name} is a ranking model; 'fleetwright size' sizes a fleet for it");
    }

    /// <summary>The chip.</summary>
    public ChipModel Chip(CommandContext context, ParseResult parsed) => ChipModel.For(context.Catalog, Given(parsed, _chip));

    private static string Given(ParseResult parsed, Option<string> option) => parsed.GetValue(option) ?? throw new InputException(option.Name, "is missing");

    /// <summary>The engine.</summary>
    public EngineOptions Engine(CommandContext context, ParseResult parsed) => EngineOptions.Of(context.Catalog).Get(parsed.GetRequiredValue(_engine));

    /// <summary>The number formats.</summary>
    public Precision Precision(ParseResult parsed, ModelSpec spec) => ServingOptions.Precision(parsed, _dtype, _cache, spec);

    /// <summary>The layout that degrees of tensor, pipeline, expert and attention parallelism name; null when none is given.</summary>
    /// <exception cref="InputException">A degree is out of range, or the layout does not divide the model.</exception>
    public static Sharding? Named(ParseResult parsed, ModelSpec spec, IReadOnlyList<Option<int?>> degrees)
    {
        if (degrees.FirstOrDefault(o => parsed.GetValue(o) is < 1 or > MostChips) is { } wrong)
        {
            throw new InputException(wrong.Name, FormattableString.Invariant($"found {parsed.GetValue(wrong)}; allowed: a whole number from 1 to {MostChips}"));
        }

        if (degrees.All(o => parsed.GetValue(o) is null))
        {
            return null;
        }

        var sharding = new Sharding(parsed.GetValue(degrees[0]) ?? 1, parsed.GetValue(degrees[1]) ?? 1, parsed.GetValue(degrees[2]) ?? 1, parsed.GetValue(degrees[3]) ?? 1);
        return ModelGraph.Problem(spec, sharding) is { } problem ? throw new InputException(degrees[0].Name, problem) : sharding;
    }

    /// <summary>The layout that the options name; all that could be meant when they name none.</summary>
    /// <exception cref="InputException">A degree is out of range, or the layout does not divide the model.</exception>
    public IReadOnlyList<Sharding> Layouts(ParseResult parsed, ModelSpec spec, ChipModel chip)
    {
        if (Count is { } count && parsed.GetValue(count) is < 1 or > MostChips)
        {
            throw new InputException(Count!.Name, FormattableString.Invariant($"found {parsed.GetValue(Count)}; allowed: a whole number from 1 to {MostChips}"));
        }

        int? chips = Count is null ? null : parsed.GetValue(Count);
        if (Named(parsed, spec, Degrees) is { } sharding)
        {
            return chips is null || chips == sharding.Chips ? [sharding] : throw new InputException("--tp", FormattableString.Invariant($"{sharding} has {sharding.Chips} chips, but --count says {chips}"));
        }

        IReadOnlyList<Sharding> all = LayoutSpace.Of(spec, chip.Chip, chips ?? SearchedChips);
        IReadOnlyList<Sharding> found = chips is null ? all : [.. all.Where(s => s.Chips == chips)];
        return found.Count > 0 ? found
            : throw new InputException("--count", FormattableString.Invariant($"no layout of powers of two spreads {spec.Name} over {chips} {chip.Chip.Name}; name one with --tp, --pp, --ep, --dp-attention"));
    }
}
