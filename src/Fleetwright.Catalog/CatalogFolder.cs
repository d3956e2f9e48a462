using Fleetwright.Catalog.Reading;

namespace Fleetwright.Catalog;

/// <summary>One kind of thing in the catalogue: a folder of YAML files, one a thing, found by name or alias.</summary>
/// <typeparam name="T">The record that a file becomes.</typeparam>
public sealed class CatalogFolder<T>
    where T : class
{
    private readonly string _kind;
    private readonly string _path;
    private readonly Lazy<IReadOnlyDictionary<string, CatalogEntry<T>>> _byName;
    private readonly Lazy<IReadOnlyList<CatalogEntry<T>>> _entries;

    /// <summary>The folder <paramref name="path"/> of things called <paramref name="kind"/>.</summary>
    /// <param name="path">A folder of YAML files; a missing folder is empty.</param>
    /// <param name="kind">The word for one thing in messages, such as <c>chip</c>.</param>
    /// <param name="read">Reads a file.</param>
    /// <param name="namesOf">The name of a thing, then its aliases.</param>
    public CatalogFolder(string path, string kind, Func<YamlFile, T> read, Func<T, IEnumerable<string>> namesOf)
    {
        _kind = kind;
        _path = path;
        _entries = new(() => Directory.Exists(path) ? OpenAll(path, read, namesOf) : []);
        _byName = new(() => Index(_entries.Value));
    }

    /// <summary>Every entry in file order.</summary>
    /// <exception cref="InputException">A file of the folder is wrong.</exception>
    public IReadOnlyList<CatalogEntry<T>> Entries => _entries.Value;

    /// <summary>Every thing in file order.</summary>
    public IEnumerable<T> All => _entries.Value.Select(e => e.Value);

    /// <summary>Finds a thing by name or alias, whatever the case; null when there is none.</summary>
    public T? Find(string name) => _byName.Value.GetValueOrDefault(name)?.Value;

    /// <summary>Finds a thing by name or alias.</summary>
    /// <exception cref="InputException">There is none; the message lists near names.</exception>
    public T Get(string name) => Find(name) ?? throw new InputException(name, NotFound(name));

    /// <summary>The message for a name that is not here, with near names.</summary>
    public string NotFound(string name) =>
        $"no {_kind} is called '{name}'{NearMiss.Suggestion(name, _byName.Value.Keys)}; 'fleetwright catalog list {System.IO.Path.GetFileName(_path)}' lists all";

    // Reads every file before it complains, so that one pass shows every problem of the folder.
    private static List<CatalogEntry<T>> OpenAll(string path, Func<YamlFile, T> read, Func<T, IEnumerable<string>> namesOf)
    {
        var entries = new List<CatalogEntry<T>>();
        var problems = new List<Diagnostic>();
        foreach (string file in Directory.EnumerateFiles(path, "*.yaml").Order(StringComparer.Ordinal))
        {
            try
            {
                entries.Add(CatalogEntry<T>.Open(file, read, namesOf));
            }
            catch (InputException e)
            {
                problems.AddRange(e.Diagnostics);
            }
        }

        return problems.Count == 0 ? entries : throw new InputException(problems);
    }

    private Dictionary<string, CatalogEntry<T>> Index(IReadOnlyList<CatalogEntry<T>> entries)
    {
        var index = new Dictionary<string, CatalogEntry<T>>(StringComparer.OrdinalIgnoreCase);
        foreach (CatalogEntry<T> entry in entries)
        {
            foreach (string name in entry.Names.Distinct(StringComparer.OrdinalIgnoreCase))
            {
                if (!index.TryAdd(name, entry))
                {
                    throw new InputException(entry.Path, $"the {_kind} name '{name}' is taken by {index[name].Path}");
                }
            }
        }

        return index;
    }
}

/// <summary>A thing of the catalogue with the file it came from.</summary>
/// <param name="Path">The file.</param>
/// <param name="Names">Its name, then its aliases.</param>
/// <param name="Value">The thing.</param>
/// <param name="Facts">Every fact that the file states.</param>
public sealed record CatalogEntry<T>(string Path, IReadOnlyList<string> Names, T Value, IReadOnlyList<WrittenFact> Facts)
{
    internal static CatalogEntry<T> Open(string path, Func<YamlFile, T> read, Func<T, IEnumerable<string>> namesOf)
    {
        YamlFile file = YamlFile.Open(path);
        T value = read(file);
        file.Close();
        return new CatalogEntry<T>(path, [.. namesOf(value)], value, file.Facts);
    }
}
