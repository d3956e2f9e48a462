using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Importing;
using Fleetwright.Models;
using Fleetwright.Scenarios.Output;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright device import FILE --format F --device D …</c>: runs of a benchmark tool as rows of measured devices.</summary>
internal static class DeviceImportCommand
{
    private static readonly string[] Classes = ["phone", "headset", "glasses", "tv-class", "edge", "mac", "pc"];
    private static readonly string[] LoadStates = ["burst", "warm", "sustained"];

    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("FILE") { Description = "What the tool wrote; gzipped when it ends in .gz." };
        var format = new Option<string>("--format") { Required = true, Description = $"{RunImport.Description}." };
        var device = new Option<string>("--device") { Required = true, Description = "The device that ran it: one of the catalogue, or any name with --soc and --class." };
        var soc = new Option<string?>("--soc") { Description = "Its system-on-chip, where the catalogue lacks the device." };
        var kind = new Option<string?>("--class") { Description = $"What it is, where the catalogue lacks the device: {string.Join(", ", Classes)}." };
        var unit = new Option<string?>("--unit") { Description = "cpu, gpu or npu, where the file does not say." };
        var engine = new Option<string?>("--engine") { Description = "The engine as rows write it, such as 'ExecuTorch XNNPACK+KleidiAI'. Left out: what the format and the unit tell." };
        var model = new Option<string?>("--model") { Description = "The model: one of the catalogue, or any name. Left out: the name of the model's file, which llama-bench tells." };
        var quant = new Option<string?>("--quant") { Description = "The quantisation, such as 'INT4 g128' or w4a16. Left out: what llama-bench tells." };
        var parameters = new Option<string?>("--params-b") { Description = "Billions of parameters that one token reads. Left out: the catalogue's count, or llama-bench's." };
        var held = new Option<int?>("--context") { Description = "Tokens of context that the model was compiled for (Genie), noted in the row." };
        var state = new Option<string>("--load-state") { Description = $"{string.Join(", ", LoadStates)}.", DefaultValueFactory = _ => LoadStates[0] };
        var output = new Option<string?>("--out") { Description = "Where to write the rows as csv. Left out: to the output." };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("import", "Runs of llama-bench, ExecuTorch or Genie as rows of measured devices, for calibrate --rows and device predict.")
            { file, format, device, soc, kind, unit, engine, model, quant, parameters, held, state, output, json };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(file);
            string? to = CommonOptions.InFolder(parsed.GetValue(output), output.Name);
            (string Title, string Class, string Soc, bool Apple) ran = DeviceOf(context, parsed.GetRequiredValue(device), parsed.GetValue(soc), parsed.GetValue(kind));
            ComputeUnitKind? chosen = parsed.GetValue(unit) is { } text ? DeviceOptions.KindOf(text, unit.Name) : null;
            double? stated = CommonOptions.Number(parsed, parameters, 1e-3, 1e4) * 1e9;
            string load = OneOf(parsed.GetRequiredValue(state), LoadStates, state.Name);
            if (parsed.GetValue(held) is < 1 and { } wrong)
            {
                throw new InputException(held.Name, FormattableString.Invariant($"found {wrong}; allowed: a whole number from 1"));
            }

            ImportedRuns read = RunImport.Read(path, parsed.GetRequiredValue(format));
            string source = Path.GetFileName(path), stem = source.Split('.')[0];
            List<ImportedRow> rows = [.. read.Runs.Select((run, i) =>
            {
                ComputeUnitKind on = chosen ?? run.Unit ?? throw Untold(unit.Name, "the unit", "cpu, gpu or npu");
                string named = parsed.GetValue(model) ?? run.Model ?? throw Untold(model.Name, "the model", "a model of the catalogue, or any name");
                return new ImportedRow
                {
                    Id = string.Create(CultureInfo.InvariantCulture, $"{stem}-{i + 1}"),
                    Run = run,
                    Device = ran.Title,
                    DeviceClass = ran.Class,
                    Soc = ran.Soc,
                    Backend = on == ComputeUnitKind.Npu && ran.Apple ? "ane" : DeviceReader.UnitKinds.First(u => u.Kind == on).Name,
                    Engine = parsed.GetValue(engine) ?? (run.Unit == on ? run.Engine : null) ?? UsualEngine(parsed.GetRequiredValue(format), on) ?? throw Untold(engine.Name, "the engine", "its name as rows write it"),
                    Model = named,
                    Parameters = stated ?? (context.Catalog.Models.Find(named) is { Ranking: null } known ? ParameterCount.Of(known).Active : run.Parameters),
                    Quantisation = parsed.GetValue(quant) ?? run.Quantisation ?? throw Untold(quant.Name, "the quantisation", "such as Q4_0, 'INT4 g128' or w4a16"),
                    LoadState = load,
                    Source = source,
                    Notes = string.Join("; ", new[] { parsed.GetValue(held) is { } tokens ? FormattableString.Invariant($"ctx {tokens}") : "", run.Notes }.Where(n => n.Length > 0)),
                };
            })];
            if (to is not null)
            {
                WholeFile.Write(to, ImportedRow.Csv(rows));
            }

            if (parsed.GetValue(json))
            {
                context.WriteJson(rows);
            }
            else if (to is null)
            {
                context.Output.Write(ImportedRow.Csv(rows));
            }
            else
            {
                context.Output.WriteLine(FormattableString.Invariant($"{to}: {rows.Count:N0} {(rows.Count == 1 ? "row" : "rows")} from {source}"));
            }

            foreach (string left in read.LeftOut)
            {
                context.Error.WriteLine($"left out: {left}");
            }

            if (rows.Find(r => r.Parameters is null) is { } sizeless)
            {
                context.Error.WriteLine($"the size of {sizeless.Model} is not known, without which a row is not fitted; --params-b states it");
            }

            return ExitCode.Success;

            InputException Untold(string option, string what, string allowed) => new(option, $"is missing; {source} does not tell {what}; allowed: {allowed}");
        });
        return command;
    }

    private static (string Title, string Class, string Soc, bool Apple) DeviceOf(CommandContext context, string name, string? soc, string? kind)
    {
        if (context.Catalog.Devices.Find(name) is { } known)
        {
            return soc is null && kind is null ? (known.Title, ImportedRow.ClassOf(known), known.Soc, known.Vendor == "Apple")
                : throw new InputException(soc is null ? "--class" : "--soc", $"is for devices that the catalogue lacks; '{name}' is {known.Title} with {known.Soc}");
        }

        return soc is null || kind is null ? throw new InputException("--device", $"{context.Catalog.Devices.NotFound(name)}; for another device give --soc and --class")
            : (name, OneOf(kind, Classes, "--class"), soc, name.Contains("iPhone", StringComparison.OrdinalIgnoreCase) || name.Contains("iPad", StringComparison.OrdinalIgnoreCase) || kind == "mac");
    }

    private static string OneOf(string found, string[] allowed, string option) => allowed.Contains(found) ? found : throw new InputException(option, $"found '{found}'; allowed: {string.Join(", ", allowed)}");

    // ExecuTorch's usual backend on processors; of the others the log says nothing.
    private static string? UsualEngine(string format, ComputeUnitKind unit) => format == "executorch" && unit == ComputeUnitKind.Cpu ? "ExecuTorch XNNPACK" : null;
}
