using Fleetwright.Catalog.Reading;

namespace Fleetwright.Catalog;

/// <summary>One kind of thing in the catalogue, for faces that show any kind alike.</summary>
public sealed class CatalogKind
{
    private readonly Lazy<IReadOnlyList<CatalogItem>> _items;

    private CatalogKind(string name, Func<IReadOnlyList<CatalogItem>> items)
    {
        Name = name;
        _items = new(items);
    }

    /// <summary>The name of the folder, such as <c>chips</c>.</summary>
    public string Name { get; }

    /// <summary>Its things in file order.</summary>
    /// <exception cref="InputException">A file of the folder is wrong.</exception>
    public IReadOnlyList<CatalogItem> Items => _items.Value;

    /// <summary>The things of <paramref name="folder"/> under the name of their folder.</summary>
    /// <param name="name">The name of the folder.</param>
    /// <param name="folder">The things.</param>
    /// <param name="titleOf">What a thing is, in words.</param>
    public static CatalogKind Of<T>(string name, CatalogFolder<T> folder, Func<T, string> titleOf)
        where T : class =>
        new(name, () => [.. folder.Entries.Select(e => new CatalogItem(e.Path, e.Names, titleOf(e.Value), e.Facts))]);
}

/// <summary>A thing of the catalogue without its type.</summary>
/// <param name="Path">The file.</param>
/// <param name="Names">Its name, then its aliases.</param>
/// <param name="Title">What it is.</param>
/// <param name="Facts">Every fact that the file states.</param>
public sealed record CatalogItem(string Path, IReadOnlyList<string> Names, string Title, IReadOnlyList<WrittenFact> Facts);
