using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Devices;

/// <summary>A vision transformer that turns an image into tokens of a language model.</summary>
public sealed record VisionEncoder
{
    /// <summary>The catalogue name, such as <c>siglip-so400m-384</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in words.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>Transformer layers, L.</summary>
    public required Fact Layers { get; init; }

    /// <summary>Values of a patch between layers, h.</summary>
    public required Fact Width { get; init; }

    /// <summary>Values in the middle of a layer's feed-forward, f.</summary>
    public required Fact FeedForward { get; init; }

    /// <summary>Patches of one image, n.</summary>
    public required Fact Patches { get; init; }

    /// <summary>Tokens that it adds to a prompt.</summary>
    public required Fact Tokens { get; init; }

    /// <summary>Bytes of an image as it is sent.</summary>
    public required Fact ImageBytes { get; init; }

    /// <summary>
    /// Operations of one image, 2·L·n·(4h² + 2h·f) for the products with weights and 4·L·n²·h for attention (one multiply-add is two); patch embedding and
    /// pooling, under 0.2 %, are left out.
    /// </summary>
    public double Operations
    {
        get
        {
            double h = Width.Value, n = Patches.Value;
            return 2 * Layers.Value * n * ((4 * h * h) + (2 * h * FeedForward.Value) + (2 * n * h));
        }
    }
}

/// <summary>Reads <c>catalog/vision/*.yaml</c>.</summary>
public static class VisionEncoderReader
{
    /// <summary>Reads a vision encoder.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static VisionEncoder Read(YamlFile file)
    {
        YamlMap root = file.Root;
        return new VisionEncoder
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Layers = root.Fact("layers", Dimension.Count, 1),
            Width = root.Fact("width", Dimension.Count, 1),
            FeedForward = root.Fact("feed_forward", Dimension.Count, 1),
            Patches = root.Fact("patches", Dimension.Count, 1),
            Tokens = root.Fact("tokens", Dimension.Count, 1),
            ImageBytes = root.Fact("image_bytes", Dimension.Bytes),
        };
    }
}
