using System.CommandLine;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright catalog list | show NAME | check</c>: the facts that answers rest on.</summary>
internal static class CatalogCommand
{
    public static Command Create(CommandContext context)
    {
        var kind = new Argument<string?>("kind") { Arity = ArgumentArity.ZeroOrOne, Description = "What to list; everything when left out." };
        var list = new Command("list", "List the catalogue.") { kind };
        list.SetAction(parsed => List(context, parsed.GetValue(kind)));

        var name = new Argument<string>("name") { Description = "A catalogue name or alias." };
        var show = new Command("show", "Show every fact of one thing with its source.") { name };
        show.SetAction(parsed => Show(context, parsed.GetRequiredValue(name)));

        var check = new Command("check", "Read the whole catalogue and report every problem.");
        check.SetAction(_ => Check(context));
        return new Command("catalog", "The facts that answers rest on.") { list, show, check };
    }

    private static int List(CommandContext context, string? kind)
    {
        IReadOnlyList<CatalogKind> kinds = context.Kinds;
        if (kind is not null && kinds.All(k => k.Name != kind))
        {
            throw new InputException("kind", $"found '{kind}'{NearMiss.Suggestion(kind, kinds.Select(k => k.Name))}; allowed: {string.Join(", ", kinds.Select(k => k.Name))}");
        }

        foreach (CatalogKind each in kinds.Where(k => kind is null || k.Name == kind))
        {
            context.Output.WriteLine(FormattableString.Invariant($"{each.Name} ({each.Items.Count})"));
            context.WriteTable(["name", "title", "facts>"], each.Items.Select(i => (IReadOnlyList<string>)[i.Names[0], i.Title, FormattableString.Invariant($"{i.Facts.Count}")]));
        }

        return ExitCode.Success;
    }

    private static int Show(CommandContext context, string name)
    {
        List<(CatalogKind Kind, CatalogItem Item)> found =
            [.. context.Kinds.SelectMany(k => k.Items.Where(i => i.Names.Contains(name, StringComparer.OrdinalIgnoreCase)).Select(i => (k, i)))];
        if (found.Count == 0)
        {
            IEnumerable<string> known = context.Kinds.SelectMany(k => k.Items).SelectMany(i => i.Names);
            throw new InputException(name, $"nothing in the catalogue has this name{NearMiss.Suggestion(name, known)}; 'fleetwright catalog list' lists all");
        }

        foreach ((CatalogKind kind, CatalogItem item) in found)
        {
            context.Output.WriteLine($"{item.Title} ({kind.Name}: {string.Join(", ", item.Names)})");
            context.Output.WriteLine(item.Path);
            List<string> sources = [.. item.Facts.Select(f => f.Source).Distinct()];
            context.WriteTable(
                ["field", "value", "confidence", "source>", "note"],
                item.Facts.Select(f => (IReadOnlyList<string>)[f.Field, f.Text, f.Confidence.ToString().ToLowerInvariant(), FormattableString.Invariant($"[{sources.IndexOf(f.Source) + 1}]"), f.Note]));
            for (int i = 0; i < sources.Count; i++)
            {
                context.Output.WriteLine(FormattableString.Invariant($"  [{i + 1}] {sources[i]}"));
            }
        }

        return ExitCode.Success;
    }

    private static int Check(CommandContext context)
    {
        var problems = new List<Diagnostic>();
        int items = 0, facts = 0;
        foreach (CatalogKind kind in context.Kinds)
        {
            try
            {
                items += kind.Items.Count;
                facts += kind.Items.Sum(i => i.Facts.Count);
            }
            catch (InputException e)
            {
                problems.AddRange(e.Diagnostics);
            }
        }

        if (problems.Count == 0)
        {
            problems.AddRange(context.Catalog.BrokenReferences());
        }

        if (problems.Count > 0)
        {
            throw new InputException(problems);
        }

        context.Output.WriteLine(FormattableString.Invariant($"{items} entries with {facts:#,0} sourced facts; no problems"));
        return ExitCode.Success;
    }
}
