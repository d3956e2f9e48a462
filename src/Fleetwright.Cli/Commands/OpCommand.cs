using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Collectives;
using Fleetwright.Hardware.Designs;
using Fleetwright.Models.Operators;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright op gemm|attention|norm|embedding|allreduce … --chip NAME</c>: what one operator costs on one chip, and why.</summary>
internal static class OpCommand
{
    private const int Most = 100_000_000;

    public static Command Create(CommandContext context) =>
        new("op", "Time, energy and bound of one operator on one chip.") { Gemm(context), Attention(context), Norm(context), Embedding(context), AllReduce(context), OpPriceCommand.Create(context) };

    private static Command Gemm(CommandContext context)
    {
        Option<int> m = Size("--m", "Rows (tokens)."), n = Size("--n", "Columns."), k = Size("--k", "Inner size."), groups = Size("--groups", "Products of this shape at once (experts).", 1);
        Option<string?> dtype = new("--dtype") { Description = "Number format of the product; bf16 when left out." }, weights = new("--weights") { Description = "Number format of the stored weights; the product's when left out." };
        return Build(context, "gemm", "A matrix product of m tokens with an n × k weight.", [m, n, k, groups, dtype, weights], (parsed, _) =>
        {
            Dtype compute = CommonOptions.Format(parsed, dtype, Dtype.Bf16), stored = CommonOptions.Format(parsed, weights, compute);
            int rows = Read(parsed, m), columns = Read(parsed, n), inner = Read(parsed, k), products = Read(parsed, groups);
            return products == 1
                ? Operator.Gemm(OperatorRole.Other, rows, columns, inner, stored, compute)
                : Operator.GroupedGemm(OperatorRole.Other, products, rows, columns, inner, stored, compute);
        });
    }

    private static Command Attention(CommandContext context)
    {
        Option<int> sequences = Size("--sequences", "Sequences.", 1), query = Size("--query", "New tokens a sequence; 1 decodes.", 1), heads = Size("--heads", "Query heads."), kvHeads = Size("--kv-heads", "Key and value heads."), head = Size("--head-size", "Width of a head.", 128);
        Option<int> past = new("--past") { Description = "Tokens already in the cache.", DefaultValueFactory = _ => 0 }, window = new("--window") { Description = "Tokens a query sees at most; 0 for all.", DefaultValueFactory = _ => 0 };
        Option<string?> cache = new("--cache-dtype") { Description = "Number format of the cache; bf16 when left out." };
        return Build(context, "attention", "Attention of new tokens over themselves and a cache.", [sequences, query, past, heads, kvHeads, head, window, cache], (parsed, _) =>
        {
            int queryHeads = Read(parsed, heads), keyHeads = Read(parsed, kvHeads), size = Read(parsed, head);
            return queryHeads % keyHeads == 0
                ? Operator.Attention(Read(parsed, sequences), Read(parsed, query), CommonOptions.Whole(parsed, past, 0, Most), queryHeads, keyHeads, size, size, CommonOptions.Whole(parsed, window, 0, Most), Dtype.Bf16, CommonOptions.Format(parsed, cache, Dtype.Bf16))
                : throw new InputException(kvHeads.Name, FormattableString.Invariant($"found {keyHeads}; it must divide the {queryHeads} query heads"));
        });
    }

    private static Command Norm(CommandContext context)
    {
        Option<int> tokens = Size("--tokens", "Rows."), width = Size("--width", "Elements of a row.");
        return Build(context, "norm", "A norm with its residual add: reads two 16-bit rows and writes two.", [tokens, width], (parsed, _) =>
        {
            double elements = (double)Read(parsed, tokens) * Read(parsed, width);
            return Operator.Elementwise(OperatorRole.Norm, elements * 8, elements * 5);
        });
    }

    private static Command Embedding(CommandContext context)
    {
        Option<int> rows = Size("--rows", "Rows read."), width = Size("--width", "Elements of a row."), outputs = Size("--outputs", "Sums or copies written; as many as rows read when left out.", 0);
        Option<string?> dtype = new("--dtype") { Description = "Number format of the table; fp16 when left out." };
        return Build(context, "embedding", "Reading rows of a table at random, summed into bags or copied.", [rows, width, outputs, dtype], (parsed, _) =>
        {
            int read = Read(parsed, rows), written = CommonOptions.Whole(parsed, outputs, 0, read);
            return Operator.Gather(OperatorRole.EmbeddingBag, read, Read(parsed, width), written == 0 ? read : written, CommonOptions.Format(parsed, dtype, Dtype.Fp16));
        });
    }

    private static Command AllReduce(CommandContext context)
    {
        Option<string?> bytes = CommonOptions.QuantityOption("--bytes", "The vector that is summed.", Dimension.Bytes);
        bytes.Required = true;
        Option<int> ranks = Size("--ranks", "Chips that take part.", 8);
        return Build(context, "allreduce", "A sum over chips with the result on all of them.", [bytes, ranks], (parsed, _) =>
            Operator.Collective(OperatorKind.AllReduce, OperatorRole.Other, CommonOptions.Quantity(parsed, bytes, Dimension.Bytes, 1, 1e15) ?? 0, CommonOptions.Whole(parsed, ranks, 2, 1_000_000)));
    }

    private static Option<int> Size(string name, string description, int? absent = null)
    {
        var option = new Option<int>(name) { Description = description, Required = absent is null };
        if (absent is { } value)
        {
            option.DefaultValueFactory = _ => value;
        }

        return option;
    }

    private static int Read(ParseResult parsed, Option<int> option) => CommonOptions.Whole(parsed, option, 1, Most);

    private static Command Build(CommandContext context, string name, string description, IEnumerable<Option> options, Func<ParseResult, ChipModel, Operator> read)
    {
        var chip = new Option<string>("--chip") { Required = true, Description = "A chip of the catalogue, or a design file (.yaml)." };
        Option<bool> json = CommonOptions.Json();
        var command = new Command(name, description) { chip, json };
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            ChipModel model = DesignedChip.ModelFor(context.Catalog, parsed.GetRequiredValue(chip));
            Operator op = read(parsed, model);
            Answer answer = Answer.Of(name, model, op);
            if (parsed.GetValue(json))
            {
                context.WriteJson(answer);
            }
            else
            {
                Write(context, answer);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static void Write(CommandContext context, Answer a)
    {
        IFormatProvider c = CultureInfo.InvariantCulture;
        context.Output.WriteLine(string.Create(c, $"{a.Op} on {a.Chip}: {a.Seconds * 1e6:0.00} us (± {a.Error:0 %}; eight of ten between {a.LowSeconds * 1e6:0.00} and {a.HighSeconds * 1e6:0.00}), {a.Joules:0.###e+0} J, held by {a.Bound.ToString().ToLowerInvariant()}"));
        if (a.Algorithm is { } algorithm)
        {
            context.Output.WriteLine($"  algorithm: {algorithm}");
        }

        if (a.OutsideCalibratedRange)
        {
            context.Output.WriteLine("  note: a size lies outside the measured range, so the error may be larger");
        }

        if (a.Note is { } note)
        {
            context.Output.WriteLine($"  note: {note}");
        }

        (string Name, double Seconds)[] terms =
            [("overhead", a.OverheadSeconds), ("matrix", a.MatrixSeconds), ("vector", a.VectorSeconds), ("on-chip memory", a.OnChipSeconds), ("memory", a.MemorySeconds), ("network", a.NetworkSeconds)];
        context.WriteTable(["term", "us>"], terms.Where(t => t.Seconds > 0).Select(t => (IReadOnlyList<string>)[t.Name, (t.Seconds * 1e6).ToString("0.000", c)]));
    }

    private sealed record Answer(
        string Op, string Chip, double Seconds, double Joules, Bound Bound,
        double OverheadSeconds, double MatrixSeconds, double VectorSeconds, double OnChipSeconds, double MemorySeconds, double NetworkSeconds,
        double Error, double LowSeconds, double HighSeconds, bool OutsideCalibratedRange, double Flops, double Bytes, double Watts, CollectiveAlgorithm? Algorithm, string? Note)
    {
        public static Answer Of(string name, ChipModel model, in Operator op)
        {
            OperatorCost cost = model.Price(op);
            bool product = op.Kind is OperatorKind.Gemm or OperatorKind.GroupedGemm;
            return new(
                name, model.Chip.Name, cost.Seconds, cost.Joules, cost.Bound, cost.OverheadSeconds, cost.MatrixSeconds, cost.VectorSeconds, cost.OnChipSeconds, cost.MemorySeconds, cost.NetworkSeconds,
                cost.RelativeError, cost.Seconds * cost.Band.Low, cost.Seconds * cost.Band.High, cost.Extrapolated, op.MatrixFlops + op.VectorFlops, op.IsCollective ? op.MessageBytes : op.MemoryBytes, cost.Joules / cost.Seconds,
                op.IsCollective ? model.Collectives.Price(op.Kind, op.MessageBytes, op.Ranks).Algorithm : null,
                product ? model.Conversion(op.ComputeDtype) : null);
        }
    }
}
