namespace Fleetwright.Edge.Devices;

/// <summary>How long a context memory has room for.</summary>
public static class ContextFit
{
    /// <summary>The longest context that fits in what the app may hold, at most what the model was made for; 0 when the weights alone do not fit.</summary>
    public static double LargestContext(this ILocalInference model)
    {
        ArgumentNullException.ThrowIfNull(model);
        double low = 1, top = Math.Min(model.MaximumContext, 1 << 24);
        if (model.Memory(low).ShortBytes > 0)
        {
            return 0;
        }

        if (model.Memory(top).ShortBytes <= 0)
        {
            return top;
        }

        while (top - low > 0.5)
        {
            double middle = (low + top) / 2;
            (low, top) = model.Memory(middle).ShortBytes <= 0 ? (middle, top) : (low, middle);
        }

        return Math.Floor(low);
    }
}
