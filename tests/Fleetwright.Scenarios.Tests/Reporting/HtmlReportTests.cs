using System.Text.Json;
using System.Text.Json.Serialization;
using Fleetwright.Scenarios.Reporting;
using Fleetwright.Scenarios.Results;
using Fleetwright.Testing;

namespace Fleetwright.Scenarios.Tests.Reporting;

public sealed class HtmlReportTests : IDisposable
{
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Results_stand_where_the_template_has_its_place_for_them()
    {
        HtmlReport.Write(Template("<script>/*RESULTS*/</script>"), """{"a":1}""", Out);
        Assert.Equal("""<script>{"a":1}</script>""", File.ReadAllText(Out));
    }

    [Fact]
    public void Text_in_the_results_cannot_end_the_script_that_holds_them()
    {
        const string Text = "</script><!-- <script>";
        HtmlReport.Write(Template("/*RESULTS*/"), $$"""{"text":"{{Text}}"}""", Out);
        string written = File.ReadAllText(Out);
        Assert.DoesNotContain("</", written, StringComparison.Ordinal);
        Assert.DoesNotContain("<!--", written, StringComparison.Ordinal);
        Assert.Equal(Text, JsonDocument.Parse(written).RootElement.GetProperty("text").GetString());
    }

    [Fact]
    public void An_older_report_is_replaced_and_nothing_half_written_is_left()
    {
        File.WriteAllText(Out, "old");
        HtmlReport.Write(Template("/*RESULTS*/"), "{}", Out);
        Assert.Equal(["report.html", "template.html"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_template_without_a_place_for_the_results_is_refused_and_the_old_report_stays()
    {
        File.WriteAllText(Out, "old");
        Assert.Throws<InvalidDataException>(() => HtmlReport.Write(Template("nothing"), "{}", Out));
        Assert.Equal("old", File.ReadAllText(Out));
    }

    [Fact]
    public void The_template_is_found_above_the_program()
    {
        string page = Path.Combine(_folder, "web", "report", "dist", "report.html");
        Directory.CreateDirectory(Path.GetDirectoryName(page)!);
        File.WriteAllText(page, "");
        string program = Directory.CreateDirectory(Path.Combine(_folder, "src", "bin")).FullName;
        Assert.True(HtmlReport.TryFindTemplate(null, program + Path.DirectorySeparatorChar, out string path, out _));
        Assert.Equal(page, path);
    }

    [Fact]
    public void A_page_that_is_not_built_is_a_reason_with_the_way_to_build_it()
    {
        Assert.False(HtmlReport.TryFindTemplate(null, _folder, out _, out string problem));
        Assert.Contains("npm run build", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_template_that_is_missing_is_named_in_the_reason()
    {
        Assert.False(HtmlReport.TryFindTemplate("/nowhere/page.html", _folder, out _, out string problem));
        Assert.Contains("/nowhere/page.html", problem, StringComparison.Ordinal);
    }

    /// <summary>The page is tested with the fixture, so the fixture must have the form of the records: no key missing, none too many.</summary>
    [Fact]
    public void The_fixture_of_the_page_has_the_form_of_the_records()
    {
        string text = File.ReadAllText(Repository.Path("web", "report", "fixtures", "results.json"));
        RunResults read = JsonSerializer.Deserialize<RunResults>(text, Form)!;
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(text).RootElement, JsonSerializer.SerializeToElement(read, Form)));
    }

    private string Out => Path.Combine(_folder, "report.html");

    private string Template(string text)
    {
        string path = Path.Combine(_folder, "template.html");
        File.WriteAllText(path, text);
        return path;
    }
}
