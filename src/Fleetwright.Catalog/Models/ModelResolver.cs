using Fleetwright.Catalog.Models.HuggingFace;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Catalog.Models;

/// <summary>Finds the model that a user means.</summary>
public static class ModelResolver
{
    /// <summary>
    /// Finds a model by catalogue name, alias or Hugging Face repository, or reads a file: a <c>config.json</c> (or the folder that holds one)
    /// of Hugging Face, or a model of one's own in the catalogue's YAML.
    /// </summary>
    /// <param name="catalog">The catalogue.</param>
    /// <param name="nameOrPathOrRepository">What the user wrote.</param>
    /// <exception cref="InputException">Nothing is called so, with near names; or the file is wrong, with every problem in it.</exception>
    public static ModelSpec Resolve(FleetCatalog catalog, string nameOrPathOrRepository)
    {
        if (catalog.Models.Find(nameOrPathOrRepository) is { } known)
        {
            return known;
        }

        string path = nameOrPathOrRepository;
        if (Directory.Exists(path) && File.Exists(Path.Combine(path, "config.json")))
        {
            path = Path.Combine(path, "config.json");
        }

        bool isYaml = path.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".yml", StringComparison.OrdinalIgnoreCase);
        if (isYaml)
        {
            YamlFile file = YamlFile.Open(path);
            ModelSpec spec = ModelReader.Read(file);
            file.Close();
            return spec;
        }

        if (File.Exists(path) || path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return HuggingFaceConfig.Read(path);
        }

        throw new InputException(path, catalog.Models.NotFound(path) + "; the path of a Hugging Face config.json can be given as well");
    }
}
