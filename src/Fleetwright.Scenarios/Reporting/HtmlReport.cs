using System.Text;
using Fleetwright.Scenarios.Output;

namespace Fleetwright.Scenarios.Reporting;

/// <summary>
/// Puts <c>results.json</c> into the built report page, which draws it: one file that opens offline.
/// The page is built from <c>web/report</c>; a run without it still has its results, so a missing page is a reason and not an error.
/// </summary>
public static class HtmlReport
{
    /// <summary>The environment variable that names a template to use instead of the built one.</summary>
    public const string TemplateVariable = "FLEETWRIGHT_REPORT_TEMPLATE";

    private const string Placeholder = "/*RESULTS*/";

    private static readonly string[] BuiltPage = ["web", "report", "dist", "report.html"];

    /// <summary>Finds the built page: the file that <see cref="TemplateVariable"/> names, else the nearest <c>web/report/dist/report.html</c> at or above the program.</summary>
    /// <param name="path">The page, or empty.</param>
    /// <param name="problem">Why there is none and how to get it, or empty.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryFindTemplate(out string path, out string problem) =>
        TryFindTemplate(Environment.GetEnvironmentVariable(TemplateVariable), AppContext.BaseDirectory, out path, out problem);

    /// <summary>Writes the report: the template with the results in it, whole or not at all.</summary>
    /// <param name="templatePath">The built page.</param>
    /// <param name="resultsJson">The results as JSON.</param>
    /// <param name="outPath">The file to write; an older one is replaced.</param>
    /// <exception cref="InvalidDataException">The template holds no place for the results, or more than one.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static void Write(string templatePath, string resultsJson, string outPath) =>
        WholeFile.Write(outPath, Fill(File.ReadAllText(templatePath), resultsJson, templatePath));

    internal static bool TryFindTemplate(string? named, string start, out string path, out string problem)
    {
        problem = "";
        if (!string.IsNullOrEmpty(named))
        {
            path = File.Exists(named) ? named : "";
            problem = path.Length > 0 ? "" : $"{TemplateVariable} names '{named}', which is not a file, so report.html is not written.";
            return path.Length > 0;
        }

        for (string? folder = Path.TrimEndingDirectorySeparator(start); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            path = Path.Combine([folder, .. BuiltPage]);
            if (File.Exists(path))
            {
                return true;
            }
        }

        path = "";
        problem = "The report page is not built, so report.html is not written: './fleetwright' builds it, or 'npm ci && npm run build' in web/report.";
        return false;
    }

    /// <summary>Inside a script element nothing but an end tag or a comment start can end the data, so every <c>&lt;/</c> and <c>&lt;!</c> is written as JSON's own escape.</summary>
    internal static string Fill(string template, string resultsJson, string templateName)
    {
        int at = template.IndexOf(Placeholder, StringComparison.Ordinal);
        if (at < 0 || template.IndexOf(Placeholder, at + Placeholder.Length, StringComparison.Ordinal) >= 0)
        {
            throw new InvalidDataException($"{templateName}: must hold {Placeholder} exactly once; build the page again with 'npm run build' in web/report.");
        }

        string data = resultsJson.Replace("</", "<\\/", StringComparison.Ordinal).Replace("<!", "\\u003c!", StringComparison.Ordinal);
        return string.Concat(template.AsSpan(0, at), data, template.AsSpan(at + Placeholder.Length));
    }
}
