using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Designs;
using Fleetwright.Models.Operators;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright chip show DESIGN</c>: what follows from a design file.</summary>
internal static class ChipShowCommand
{
    public static Command Create(CommandContext context)
    {
        Argument<string> name = new("design") { Description = "A design file (.yaml), or a name of catalog/designs such as mtia-2i." };
        Option<bool> json = CommonOptions.Json();
        Option<string?> clock = CommonOptions.QuantityOption("--clock", "Another clock, up to the design's maximum; the voltage follows.", Dimension.Frequency);
        var command = new Command("show", "Rates, area by block, power, and the price of a few operators of a design.") { name, clock, json };
        command.SetAction(parsed =>
        {
            ChipDesign design = DesignReader.Open(context.Catalog, parsed.GetRequiredValue(name));
            design = CommonOptions.Quantity(parsed, clock, Dimension.Frequency, 1e6, design.MaximumClock) is { } hertz ? design.AtClock(hertz) : design;
            DesignedChip chip = DesignedChip.For(context.Catalog, design);
            Answer answer = Answer.Of(chip);
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
        string spares = a.Spares > 0 ? string.Create(c, $" and {a.Spares} spare") : "";
        context.Output.WriteLine(string.Create(c, $"{a.Title} on {a.Node}: {a.Elements} processing elements{spares}, {Quantity.Format(a.ClockHertz, "Hz")}, {a.Voltage:0.##} V"));
        context.Output.WriteLine(string.Create(c, $"  memory {Quantity.Format(a.MemoryBytes, "B")} at {Quantity.Format(a.MemoryBytesPerSecond, "B/s")}; shared {Quantity.Format(a.SharedMemoryBytes, "B")} at {Quantity.Format(a.SharedMemoryBytesPerSecond, "B/s")}; vector {Quantity.Format(a.VectorRate, "FLOP/s")}"));
        context.WriteTable(["format", "peak>", "sustained>", "of peak>", "W of multiply-adds>"], a.Rates.Select(r => (IReadOnlyList<string>)
            [r.Format.Name(), Quantity.Format(r.Peak, "OP/s"), Quantity.Format(r.Sustained, "OP/s"), (r.Sustained / r.Peak).ToString("0.0 %", c), r.MatrixWatts.ToString("0.0", c)]));
        context.WriteTable(["area", "mm2>", "share>"], a.Area.Select(b => (IReadOnlyList<string>)[b.Name, b.SquareMillimetres.ToString("0.0", c), (b.SquareMillimetres / a.TotalSquareMillimetres).ToString("0 %", c)])
            .Append(["total", a.TotalSquareMillimetres.ToString("0.0", c), ""]));
        context.WriteTable(["power", "W>"], a.Power.Select(p => (IReadOnlyList<string>)[p.Name, p.Watts.ToString("0.0", c)])
            .Append(["all at once", a.PeakWatts.ToString("0.0", c)]).Append(["half busy", a.TypicalWatts.ToString("0.0", c)]).Append(["limit of the package", a.LimitWatts.ToString("0.0", c)]));
        context.WriteTable(["operator", "us>", "mJ>", "W>", "bound"], a.Operators.Select(o => (IReadOnlyList<string>)
            [o.Name, (o.Seconds * 1e6).ToString("#,0.0", c), (o.Joules * 1e3).ToString("#,0.00", c), (o.Joules / o.Seconds).ToString("0", c), o.Bound.ToString().ToLowerInvariant()]));
        foreach (string note in a.Notes)
        {
            context.Output.WriteLine($"note: {note}");
        }
    }

    private sealed record Rate(Dtype Format, double Peak, double Sustained, double MatrixWatts);

    private sealed record Block(string Name, double SquareMillimetres);

    private sealed record Part(string Name, double Watts);

    private sealed record Price(string Name, double Seconds, double Joules, Bound Bound);

    private sealed record Answer(
        string Name, string Title, string Node, int Elements, int Spares, double ClockHertz, double Voltage, double VectorRate,
        double MemoryBytes, double MemoryBytesPerSecond, double SharedMemoryBytes, double SharedMemoryBytesPerSecond,
        IReadOnlyList<Rate> Rates, IReadOnlyList<Block> Area, double TotalSquareMillimetres, double DieSquareMillimetres, double FractionInCores,
        IReadOnlyList<Part> Power, double PeakWatts, double TypicalWatts, double LimitWatts, IReadOnlyList<Price> Operators, IReadOnlyList<string> Notes)
    {
        public static Answer Of(DesignedChip chip)
        {
            ChipDesign design = chip.Design;
            DesignArea area = chip.Area;
            DesignPower power = chip.Power;
            Dtype format = chip.ReferenceFormat;
            return new(
                design.Name, design.Title, chip.Technology.Node.Name, design.Elements, design.SpareElements, design.Clock, design.Voltage, chip.Chip.VectorRate!.Value.Value,
                chip.Chip.MemoryCapacity, chip.Chip.MemoryBandwidth, design.SharedMemory, design.SharedMemoryBandwidth,
                [.. design.Matrix.Keys.Order().Select(d => new Rate(d, chip.Chip.MatrixRates[d], chip.Model.SustainedRate(d), power.Matrix(d)))],
                [
                    new("processing elements", area.Cores), new("shared memory", area.SharedMemory), new("fabric", area.Fabric), new("memory interfaces", area.MemoryInterface),
                    new("links", area.Links), new("other", area.Other), .. area.Companions > 0 ? [new Block("other dies", area.Companions)] : Array.Empty<Block>(),
                ],
                area.Total + area.Companions, area.Die, area.FractionInCores,
                [
                    new("clocks and leakage", power.Clock), new($"multiply-adds, {format.Name()}", power.Matrix(format)), new("memory", power.Memory), new("links", power.Links),
                    new("shared memory at full rate (not in the sums)", power.SharedMemory), .. power.Companions > 0 ? [new Part("other dies", power.Companions)] : Array.Empty<Part>(),
                ],
                power.Peak(format), power.Typical(format), design.PackagePower, [.. Samples(format).Select(o => Cost(chip.Model, o.Name, o.Operator))], [.. chip.Technology.Notes, .. Limits(chip)]);
        }

        private static IEnumerable<string> Limits(DesignedChip chip) => chip.Design.Matrix.Keys.Order().Where(d => chip.Power.SustainedClock(d) < chip.Design.Clock).Select(d => string.Create(
            CultureInfo.InvariantCulture,
            $"{d.Name()} products would draw more than the package's {chip.Design.PackagePower:0} W ({chip.Power.Peak(d):0} W with everything busy); they sustain {Quantity.Format(chip.Power.SustainedClock(d), "Hz")}, {chip.Power.SustainedClock(d) / chip.Design.Clock:0 %} of the clock"));

        private static IEnumerable<(string Name, Operator Operator)> Samples(Dtype format)
        {
            yield return ($"product 2048 x 2048 x 2048, {format.Name()}", Operator.Gemm(OperatorRole.Other, 2048, 2048, 2048, format, format));
            yield return ($"product 512 x 26592 x 2048, {format.Name()}", Operator.Gemm(OperatorRole.Other, 512, 26592, 2048, format, format));
            yield return ($"product 1 x 8192 x 8192, {format.Name()}", Operator.Gemm(OperatorRole.Other, 1, 8192, 8192, format, format));
            yield return ("norm of 4096 rows of 8192", Operator.Elementwise(OperatorRole.Norm, 4096.0 * 8192 * 8, 4096.0 * 8192 * 5));
            yield return ("embedding bag, 100,000 rows of 128", Operator.Gather(OperatorRole.EmbeddingBag, 100_000, 128, 5_000, Dtype.Fp16));
            yield return ("decode attention, 32 x 4096 tokens", Operator.Attention(32, 1, 4095, 64, 8, 128, 128, 0, format, format));
        }

        private static Price Cost(ChipModel model, string name, Operator op)
        {
            OperatorCost cost = model.Price(op);
            return new Price(name, cost.Seconds, cost.Joules, cost.Bound);
        }
    }
}
