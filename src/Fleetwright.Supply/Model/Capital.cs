namespace Fleetwright.Supply.Model;

/// <summary>Present values: discounting by quarter, and the part of a price that falls within the horizon.</summary>
internal static class Capital
{
    /// <summary>The discount factor of quarter <paramref name="t"/>: <c>(1 + r)^(−t/4)</c> for a yearly rate r.</summary>
    public static double Discount(double perYear, int t) => Math.Pow(1 + perYear, -t / 4.0);

    /// <summary>
    /// The present value of owning a chip for a dollar of its price: the price paid on delivery less the salvage value at the horizon's end, which is the
    /// present value of the payments that its remaining life would still bear. Written as an annuity due over the life of L quarters,
    /// <c>Σ_{t=d}^{min(d+L, T)−1} v_t · a</c> with <c>a = 1 / Σ_{j=0}^{L−1} v_j</c>, the capital recovery factor.
    /// </summary>
    public static double ChargedShare(double perYear, int life, int delivery, int quarters)
    {
        double whole = 0;
        double charged = 0;
        for (int j = 0; j < life; j++)
        {
            whole += Discount(perYear, j);
            charged += delivery + j < quarters ? Discount(perYear, delivery + j) : 0;
        }

        return charged / whole;
    }

    /// <summary>The discounted quarters from delivery to the end of life or horizon: present value of a dollar a quarter.</summary>
    public static double QuartersInService(double perYear, int life, int delivery, int quarters)
    {
        double sum = 0;
        for (int t = delivery; t < Math.Min(delivery + life, quarters); t++)
        {
            sum += Discount(perYear, t);
        }

        return sum;
    }
}
