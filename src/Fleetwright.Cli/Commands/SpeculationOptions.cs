using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Models;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Speculation;

namespace Fleetwright.Cli.Commands;

/// <summary>The options of speculative decoding: how much is drafted, by what, and how much of it is accepted.</summary>
internal sealed class SpeculationOptions
{
    private readonly Option<string?> _drafts = new("--speculate") { HelpName = "number", Description = "Speculative decoding: tokens that are drafted for each sequence in each step." };
    private readonly Option<string?> _acceptance = new("--acceptance") { Description = "Chance that a drafted token is accepted when those before it are: one share such as 0.7, or one for each place, separated by commas." };
    private readonly Option<string?> _spread = new("--acceptance-spread") { HelpName = "number", Description = "Standard deviation of the acceptance between requests. Default 0." };
    private readonly Option<string?> _draft = new("--draft") { Description = "What drafts: head (default: one more layer of the model, as MTP and EAGLE) or ngram (costs nothing)." };
    private readonly Option<string?> _model = new("--draft-model") { Description = "A model that drafts, on the same chips." };
    private readonly Option<string?> _cost = CommonOptions.QuantityOption("--draft-cost", "What drafting one token takes, as a share of a decode step, where no operators are to be priced.", Dimension.Fraction);
    private readonly Option<string?> _host = CommonOptions.QuantityOption("--draft-overhead", "Time of the host for each drafted token of a step. Default 0.33 ms where a model or head drafts, as measured of vLLM; else 0.", Dimension.Time);

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option<string?>> All => [_drafts, _acceptance, _spread, _draft, _model, _cost, _host];

    public void AddTo(Command command)
    {
        foreach (Option<string?> option in All)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads them; null when nothing is speculated.</summary>
    /// <exception cref="InputException">An option is wrong, or does not go with another or with the layout.</exception>
    public SpeculativeDecoding? Read(CommandContext context, ParseResult parsed, DeploymentOptions deployment, Replica target)
    {
        if (parsed.GetValue(_drafts) is not { } text)
        {
            return All.FirstOrDefault(o => parsed.GetValue(o) is not null) is { } lonely ? throw new InputException(lonely.Name, $"found without {_drafts.Name}; allowed: with it") : null;
        }

        int drafts = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= SpeculativeDecoding.MostDraftTokens ? number
            : throw new InputException(_drafts.Name, string.Create(CultureInfo.InvariantCulture, $"found '{text}'; allowed: a whole number from 1 to {SpeculativeDecoding.MostDraftTokens}"));
        if (target.Sharding.AttentionDataParallel > 1)
        {
            throw new InputException(_drafts.Name, $"found with --dp-attention ({target.Sharding}), whose groups step together; allowed: layouts without it");
        }

        if (target.Engine.TokenBudget < 1 + drafts)
        {
            throw new InputException(_drafts.Name, FormattableString.Invariant($"found {drafts}; allowed: fewer than the {target.Engine.TokenBudget} tokens of a step of {target.Engine.Name}"));
        }

        string given = parsed.GetValue(_acceptance) ?? throw new InputException(_acceptance.Name, "is missing: the chance that a drafted token is accepted, such as 0.7");
        double[] acceptance = [.. given.Split(',').Select(w => double.TryParse(w, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN)];
        if (!acceptance.All(a => a is >= 0 and <= 1) || (acceptance.Length != 1 && acceptance.Length != drafts))
        {
            throw new InputException(_acceptance.Name, FormattableString.Invariant($"found '{given}'; allowed: one number from 0 to 1, or {drafts} of them separated by commas, one for each drafted token"));
        }

        double spread = parsed.GetValue(_spread) is not { } wide ? 0
            : double.TryParse(wide, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 0.5 ? value
            : throw new InputException(_spread.Name, $"found '{wide}'; allowed: a number from 0 to 0.5");
        var speculation = new SpeculativeDecoding(drafts, acceptance) { AcceptanceSpread = spread };
        SpeculativeDecoding drafted = Drafted(context, parsed, deployment, target, speculation);
        return drafted with { HostSeconds = CommonOptions.Quantity(parsed, _host, Dimension.Time, 0, 1) ?? (drafted.Draft is null ? 0 : SpeculativeDecoding.MeasuredHostSeconds) };
    }

    private SpeculativeDecoding Drafted(CommandContext context, ParseResult parsed, DeploymentOptions deployment, Replica target, SpeculativeDecoding speculation)
    {
        if (((Option<string?>[])[_draft, _model, _cost]).Where(o => parsed.GetValue(o) is not null).ToArray() is [_, var second, ..])
        {
            throw new InputException(second.Name, $"found beside another draft; allowed: one of {_draft.Name}, {_model.Name} and {_cost.Name}");
        }

        if (parsed.GetValue(_cost) is not null)
        {
            return speculation with { DraftShare = CommonOptions.Quantity(parsed, _cost, Dimension.Fraction, 0, 1)!.Value };
        }

        if (parsed.GetValue(_model) is { } name)
        {
            ModelSpec model = ServingOptions.Model(context, name);
            return speculation with { Draft = Beside(target, model.Ranking is null ? model : throw new InputException(_model.Name, $"{model.Name} is a ranking model; allowed: language models"), deployment.Precision(parsed, model)) };
        }

        return parsed.GetValue(_draft) switch
        {
            "ngram" => speculation,
            null or "head" => speculation with { Draft = Beside(target, SpeculativeDecoding.HeadOf(target.Graph.Model), target.Graph.Precision, target.Graph.ExpertSkew), SharesEmbedding = true },
            var other => throw new InputException(_draft.Name, $"found '{other}'; allowed: head, ngram{NearMiss.Suggestion(other, ["head", "ngram"])}"),
        };
    }

    // As vLLM does it, the draft is split as the target is; it runs on the chips of one pipeline stage.
    private Replica Beside(Replica target, ModelSpec model, Precision precision, ExpertSkew? skew = null)
    {
        bool experts = model.Layers.Any(l => l.FeedForward is MixtureOfExperts);
        Sharding sharding = target.Sharding with { PipelineParallel = 1, ExpertParallel = experts ? target.Sharding.ExpertParallel : 1 };
        return ModelGraph.Problem(model, sharding) is { } problem ? throw new InputException(_model.Name, $"{problem}; the draft is split as {target.Graph.Model.Name} is")
            : new Replica(new ModelGraph(model, precision, sharding) { ExpertSkew = skew }, target.Chip, target.Engine);
    }
}
