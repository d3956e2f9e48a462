using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Devices;

/// <summary>Reads <c>catalog/recognisers/*.yaml</c>.</summary>
public static class SpeechRecogniserReader
{
    /// <summary>Reads a speech recogniser.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static SpeechRecogniser Read(YamlFile file)
    {
        YamlMap root = file.Root;
        var chips = new List<RecogniserSpeed>();
        foreach (YamlMap map in root.Maps("chips"))
        {
            var speed = new RecogniserSpeed(map.Text("chip"), map.Text("measured_on"), map.Fact("encoder", Dimension.Time), map.Fact("per_token", Dimension.Time));
            if (chips.Exists(c => c.Chip == speed.Chip))
            {
                map.Report("chip", $"'{speed.Chip}' is listed twice");
            }

            chips.Add(speed);
        }

        if (chips.Count == 0)
        {
            root.Report("chips", "needs at least one chip");
        }

        return new SpeechRecogniser { Name = root.Text("name"), Title = root.Text("title"), Aliases = root.Texts("aliases"), Window = root.Fact("window", Dimension.Time), Chips = chips };
    }
}
