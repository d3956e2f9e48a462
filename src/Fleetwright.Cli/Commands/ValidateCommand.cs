using System.CommandLine;
using System.Diagnostics;
using Fleetwright.Catalog.Reading;
using Fleetwright.Scenarios.Output;
using Fleetwright.Validation;
using Fleetwright.Validation.Pages;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright validate [--data DIR] [--out FILE] [--only SECTION,...] [--json]</c>: scores every model against public tables.</summary>
internal static class ValidateCommand
{
    public static Command Create(CommandContext context)
    {
        var data = new Option<string?>("--data") { Description = "The folder of public measurements; shared/data beside the checkout when left out. What is absent is said and not scored." };
        var output = new Option<string?>("--out") { Description = "The page to write, with its plots in images/ beside it; docs/validation.md of the checkout when left out." };
        var only = new Option<string?>("--only") { Description = $"Only these sections, separated by commas, printed unless --out is given: {string.Join(", ", Validator.Sections)}." };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("validate", "Score every model against the public tables that are found, and write docs/validation.md.") { data, output, only, json };
        command.Subcommands.Add(ValidateServingCommand.Create(context));
        command.SetAction(parsed =>
        {
            string[] sections = [.. (parsed.GetValue(only) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
            return Run(context, Data(context, parsed.GetValue(data)), parsed.GetValue(output), sections, parsed.GetValue(json));
        });
        return command;
    }

    private static int Run(CommandContext context, string? data, string? output, IReadOnlyList<string> only, bool json)
    {
        bool printed = json || (only.Count > 0 && output is null);
        string page = output ?? Path.Combine(Checkout(context), "docs", "validation.md");
        OutputFolder? folder = printed && output is null ? null : Folder(page);
        long start = Stopwatch.GetTimestamp();
        ValidationReport report = Validator.Run(
            context.Catalog, data, only, done => context.Error.WriteLine(FormattableString.Invariant($"{Stopwatch.GetElapsedTime(start).TotalSeconds:0} s: {done}")), context.Cancellation);
        bool stopped = report.Unfinished.Count > 0;

        // A stopped run never takes the place of a whole page: what is finished lies beside it.
        string name = Path.GetFileNameWithoutExtension(page) + (stopped ? ".partial" : "");
        ValidationPage result = ValidationPage.Of(report, $"images/{name}");
        if (json)
        {
            context.WriteJson(report);
        }
        else if (printed)
        {
            context.Output.WriteLine(result.Markdown);
        }

        if (folder is not null && report.Sections.Count > 0)
        {
            OutputFolder images = OutputFolder.Open(Path.Combine(folder.Path, "images", name));
            foreach ((string image, string svg) in result.Images)
            {
                images.Write(image, svg);
            }

            // Plots of sections that are no more would stay for ever.
            if (!stopped && report.LeftOut.Count == 0)
            {
                foreach (string old in Directory.GetFiles(images.Path, "*.svg").Where(f => result.Images.All(i => i.Name != Path.GetFileName(f))))
                {
                    File.Delete(old);
                }
            }

            string file = name + Path.GetExtension(page);
            folder.Write(file, result.Markdown);
            context.Error.WriteLine(FormattableString.Invariant($"{Path.Combine(folder.Path, file)}: {report.Sections.Count} sections, {result.Images.Count} plots{(stopped ? "; stopped before " + string.Join(", ", report.Unfinished) : "")}"));
        }

        if (!printed)
        {
            int Of(BarVerdict verdict) => report.Bars.Count(b => b.Verdict == verdict);
            context.Output.WriteLine(FormattableString.Invariant($"Bars: {Of(BarVerdict.Met)} met, {Of(BarVerdict.Missed)} missed, {Of(BarVerdict.Tested)} held by tests, {Of(BarVerdict.NotScored)} not scored."));
        }

        return stopped ? ExitCode.Cancelled : ExitCode.Success;
    }

    private static OutputFolder Folder(string page) =>
        Directory.Exists(page) ? throw new InputException("--out", $"found '{page}', which is a folder; allowed: the path of a file such as docs/validation.md")
        : OutputFolder.Open(Path.GetDirectoryName(Path.GetFullPath(page))!);

    private static string? Data(CommandContext context, string? given)
    {
        if (given is not null)
        {
            return Directory.Exists(given) ? given : throw new InputException("--data", $"found '{given}'; there is no such folder");
        }

        string beside = Path.Combine(Checkout(context), "..", "shared", "data");
        if (Directory.Exists(beside))
        {
            return beside;
        }

        context.Error.WriteLine($"no public measurements at {Path.GetFullPath(beside)}: what needs them is not scored (--data DIR)");
        return null;
    }

    private static string Checkout(CommandContext context) => Path.GetDirectoryName(Path.GetFullPath(context.Catalog.Root)) ?? ".";
}
