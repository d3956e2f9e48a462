using System.CommandLine;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Training;
using Fleetwright.Training.Failures;
using Fleetwright.Training.Jobs;
using Fleetwright.Training.Layouts;
using Fleetwright.Training.Search;
using Fleetwright.Training.Steps;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright train</c>: the best layout of a training job on a number of chips, or the fewest chips for a deadline.</summary>
internal sealed class TrainCommand
{
    private const int MaximumChips = 1_000_000;
    private readonly CommandContext _context;
    private readonly Option<string> _model = new("--model") { Description = "Catalogue name or alias of a language model.", Required = true };
    private readonly Option<string> _chip = new("--chip") { Description = "Catalogue name or alias of a chip.", Required = true };
    private readonly Option<int> _count = new("--count") { Description = "Chips. Left out: the fewest that meet --deadline." };
    private readonly Option<string?> _tokens = CommonOptions.QuantityOption("--tokens", "Tokens of the run (default 1 T).", Dimension.Count);
    private readonly Option<int> _sequence = new("--sequence") { Description = "Tokens of a sequence (default 8192, or the model's maximum)." };
    private readonly Option<string?> _batch = CommonOptions.QuantityOption("--batch", "Tokens of one step over all chips (default 16 M, as Llama 3.1 405B).", Dimension.Count);
    private readonly Option<string?> _precision = new("--precision") { Description = "Number format of the matrix products: bf16 (default), fp16, fp8." };
    private readonly Option<int> _tensor = Degree("--tp", "Tensor-parallel chips");
    private readonly Option<int> _contextParallel = Degree("--cp", "Context-parallel chips");
    private readonly Option<int> _pipeline = Degree("--pp", "Pipeline stages");
    private readonly Option<int> _virtual = Degree("--vp", "Chunks of layers a stage (interleaving)");
    private readonly Option<int> _data = Degree("--dp", "Data-parallel replicas");
    private readonly Option<int> _expert = Degree("--ep", "Expert-parallel chips");
    private readonly Option<int> _micro = Degree("--micro-batch", "Sequences of a micro-batch");
    private readonly Option<string?> _recompute = new("--recompute") { Description = "none, selective or full; searched when left out." };
    private readonly Option<string?> _zero = new("--zero") { Description = "State sharding 0, 1, 2 or 3; searched when left out." };
    private readonly Option<string?> _deadline = CommonOptions.QuantityOption("--deadline", "Time from start to end of the run, failures included.", Dimension.Time);
    private readonly Option<string?> _price = CommonOptions.QuantityOption("--price", "Price of a chip's time (default: what the catalogue says that owning one costs).", Dimension.MoneyPerTime);
    private readonly Option<string?> _failures = new("--failures") { Description = "How often jobs stop: llama-3 (default), meta-rsc-1." };
    private readonly Option<bool> _json = CommonOptions.Json();

    private TrainCommand(CommandContext context) => _context = context;

    public static Command Create(CommandContext context)
    {
        var train = new TrainCommand(context);
        var command = new Command("train", "Step time, memory, goodput and cost of a training job; what is not given about the layout is searched.")
        {
            train._model, train._chip, train._count, train._tokens, train._sequence, train._batch, train._precision,
            train._tensor, train._contextParallel, train._pipeline, train._virtual, train._data, train._expert, train._micro, train._recompute, train._zero,
            train._deadline, train._price, train._failures, train._json,
        };
        command.SetAction(train.Run);
        return command;
    }

    private static Option<int> Degree(string name, string description) => new(name) { Description = $"{description}; searched when left out." };

    private int Run(ParseResult parsed)
    {
        ChipModel chip = ChipModel.For(_context.Catalog, parsed.GetRequiredValue(_chip));
        TrainingJob job = JobOf(parsed);
        FailureModel failures = FailureModel.In(_context.Catalog).Get(parsed.GetValue(_failures) ?? "llama-3");
        LayoutChoices choices = ChoicesOf(parsed);
        double? deadline = CommonOptions.Quantity(parsed, _deadline, Dimension.Time, 1);
        double? price = CommonOptions.Quantity(parsed, _price, Dimension.MoneyPerTime);
        int? count = CommonOptions.IsGiven(parsed, _count) ? CommonOptions.Whole(parsed, _count, 1, MaximumChips) : null;
        var model = new TrainingModel(chip, job, TrainingCoefficients.For(_context.Catalog));
        if (count is null && deadline is null)
        {
            throw new InputException("--count", "say how many chips, or give --deadline to find out");
        }

        if (count is null)
        {
            DeadlineResult found = LayoutSearch.ChipsForDeadline(model, failures, deadline!.Value, choices: choices, dollarsPerChipSecond: price, cancellation: _context.Cancellation);
            string reason = found.Found ? ""
                : found.Fastest is { } f ? FormattableString.Invariant($"no layout on up to 131,072 chips ends within {deadline / 86400:0.#} days; the fastest takes {f.Days:0.#} days on {f.Chips:#,0}")
                : "no layout fits into the memory of the chip";
            return Write(parsed, job, chip, found.Smallest ?? found.Fastest, found.Found, reason, found.Evaluated);
        }

        CheckProduct(choices, count.Value);
        LayoutSearchResult best = LayoutSearch.Best(model, count.Value, choices, cancellation: _context.Cancellation);
        if ((best.Best ?? best.Nearest) is not { } step)
        {
            CheckLayout(model, choices, count.Value);
            return Write(parsed, job, chip, null, false, best.Reason, best.Evaluated);
        }

        TrainingRun run = TrainingRun.Of(model, step, failures, price);
        bool late = best.Found && run.Seconds > (deadline ?? double.PositiveInfinity);
        string why = late ? FormattableString.Invariant($"the fastest layout on {count:#,0} chips takes {run.Days:0.#} days; the deadline is {deadline / 86400:0.#}") : best.Reason;
        return Write(parsed, job, chip, run, best.Found && !late, why, best.Evaluated);
    }

    private TrainingJob JobOf(ParseResult parsed)
    {
        ModelSpec spec = _context.Catalog.Models.Get(parsed.GetRequiredValue(_model));
        if (spec.LayerCount == 0)
        {
            throw new InputException("--model", $"{spec.Name} is not a language model; only those are trained here");
        }

        int sequence = CommonOptions.IsGiven(parsed, _sequence) ? CommonOptions.Whole(parsed, _sequence, 1, 10_000_000) : Math.Min(8192, Math.Max(1, spec.MaximumContext));
        double batch = CommonOptions.Quantity(parsed, _batch, Dimension.Count, sequence / 2.0, 1e12) ?? 16e6;
        Dtype compute = CommonOptions.Format(parsed, _precision, Dtype.Bf16);
        return compute is Dtype.Bf16 or Dtype.Fp16 or Dtype.Fp8
            ? new TrainingJob
            {
                Model = spec,
                Tokens = CommonOptions.Quantity(parsed, _tokens, Dimension.Count, 1, 1e18) ?? 1e12,
                SequenceLength = sequence,
                BatchSequences = BatchSize.Sequences(batch, sequence),
                Compute = compute,
            }
            : throw new InputException("--precision", $"found '{compute.Name()}'; allowed: bf16, fp16, fp8");
    }

    private LayoutChoices ChoicesOf(ParseResult parsed)
    {
        return new LayoutChoices
        {
            TensorParallel = Pin(_tensor),
            ContextParallel = Pin(_contextParallel),
            PipelineParallel = Pin(_pipeline),
            VirtualStages = Pin(_virtual),
            DataParallel = Pin(_data),
            ExpertParallel = Pin(_expert),
            MicroBatch = Pin(_micro),
            Recompute = Choice(_recompute, [("none", Recompute.None), ("selective", Recompute.Selective), ("full", Recompute.Full)]),
            Sharding = Choice(_zero, [("0", StateSharding.None), ("1", StateSharding.Optimizer), ("2", StateSharding.Gradients), ("3", StateSharding.Parameters)]),
        };

        int? Pin(Option<int> option) => CommonOptions.IsGiven(parsed, option) ? CommonOptions.Whole(parsed, option, 1, MaximumChips) : null;

        T? Choice<T>(Option<string?> option, (string Name, T Value)[] allowed)
            where T : struct
        {
            if (parsed.GetValue(option) is not { } text)
            {
                return null;
            }

            foreach ((string name, T value) in allowed)
            {
                if (name == text)
                {
                    return value;
                }
            }

            throw new InputException(option.Name, $"found '{text}'{NearMiss.Suggestion(text, allowed.Select(a => a.Name))}; allowed: {string.Join(", ", allowed.Select(a => a.Name))}");
        }
    }

    private static void CheckProduct(LayoutChoices choices, int count)
    {
        long pinned = (long)(choices.TensorParallel ?? 1) * (choices.ContextParallel ?? 1) * (choices.PipelineParallel ?? 1) * (choices.DataParallel ?? 1);
        if (count % pinned != 0)
        {
            throw new InputException("--count", FormattableString.Invariant($"found {count:#,0}; the given degrees multiply to {pinned:#,0}, which does not divide it"));
        }
    }

    // With every degree given, a layout that cannot run is a wrong option, and the message says which.
    private static void CheckLayout(TrainingModel model, LayoutChoices c, int count)
    {
        if (c.TensorParallel is { } tensor && c.PipelineParallel is { } pipeline)
        {
            int context = c.ContextParallel ?? 1;
            var layout = new TrainingLayout
            {
                TensorParallel = tensor,
                PipelineParallel = pipeline,
                ContextParallel = context,
                VirtualStages = c.VirtualStages ?? 1,
                ExpertParallel = c.ExpertParallel ?? 1,
                MicroBatch = c.MicroBatch ?? 1,
                DataParallel = c.DataParallel ?? Math.Max(1, count / (tensor * pipeline * context)),
            };
            if (model.Problem(layout) is { } problem)
            {
                throw new InputException("layout", problem);
            }
        }
    }

    private int Write(ParseResult parsed, TrainingJob job, ChipModel chip, TrainingRun? run, bool found, string reason, long evaluated)
    {
        if (parsed.GetValue(_json))
        {
            _context.WriteJson(TrainAnswer.Of(job, chip, run, found, reason, evaluated));
        }
        else if (run is not null)
        {
            WriteText(job, chip, run);
        }

        if (!found)
        {
            _context.Error.WriteLine($"fleetwright: {reason}");
        }

        return found ? ExitCode.Success : ExitCode.Infeasible;
    }

    private void WriteText(TrainingJob job, ChipModel chip, TrainingRun run)
    {
        TrainingEstimate s = run.Step;
        ExposedCommunication e = s.Exposed;
        _context.Output.WriteLine(FormattableString.Invariant(
            $"{job.Model.Title}, {Quantity.Format(job.Tokens, "")} tokens, on {run.Chips:#,0} {chip.Chip.Title}: {s.Layout}"));
        _context.WriteTable(["", ">"], (IReadOnlyList<string>[])
        [
            ["step", FormattableString.Invariant($"{s.StepSeconds:0.000} s (± {s.RelativeError:P0}) for {Quantity.Format(s.BatchTokens, "")} tokens")],
            ["rate", $"{Quantity.Format(s.TokensPerSecond, "")} tokens/s, {Quantity.Format(s.ModelFlopsPerSecond, "FLOP/s")} a chip"],
            ["MFU", FormattableString.Invariant($"{s.Mfu:P1} (pipeline bubble {s.BubbleFraction:P1})")],
            ["exposed communication", FormattableString.Invariant($"tensor {e.TensorSeconds:0.000} s, context {e.ContextSeconds:0.000} s, experts {e.ExpertSeconds:0.000} s, pipeline {e.PipelineSeconds:0.000} s, data {e.DataSeconds:0.000} s")],
            ["memory", $"{Quantity.Format(s.Memory.Total, "B")} of {Quantity.Format(s.MemoryCapacityBytes, "B")} a chip{(s.Fits ? "" : ": does not fit")}"],
            ["goodput", FormattableString.Invariant($"{run.Goodput.Share:P1}: one stop in {run.Goodput.MeanTimeBetweenSeconds / 3600:0.0} h, a checkpoint every {run.Goodput.CheckpointIntervalSeconds / 60:0.0} min")],
            ["time", FormattableString.Invariant($"{run.Days:0.0} days, {run.ChipHours / 1e6:0.00} M chip-hours")],
            ["cost", run.Dollars is { } dollars ? Quantity.FormatDollars(dollars) : "no price known; give --price"],
            ["energy", FormattableString.Invariant($"{run.Joules / 3.6e9:#,0} MWh, {run.Joules / run.Seconds / 1e6:0.0} MW")],
        ]);
    }
}
