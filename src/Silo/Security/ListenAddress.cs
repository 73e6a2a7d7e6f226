using System.Net;

namespace HeadScope.Silo.Security;

/// <summary>An address to listen on, read as Kestrel reads it, so that nothing is told from it that is not so.</summary>
internal readonly record struct ListenAddress(string Text, BindingAddress Binding)
{
    /// <exception cref="InvalidDataException">Kestrel would not listen there, or elsewhere than it looks.</exception>
    public static ListenAddress Parse(string text)
    {
        BindingAddress binding;
        try
        {
            binding = BindingAddress.Parse(text);
        }
        catch (FormatException)
        {
            throw Fault(text);
        }

        var isHost = binding.IsUnixPipe || binding.IsNamedPipe || binding.Host is "*" or "+"
            || Uri.CheckHostName(binding.Host) != UriHostNameType.Unknown;
        var isPort = binding.IsUnixPipe || binding.IsNamedPipe || binding.Port is >= 0 and <= IPEndPoint.MaxPort;
        return binding.Scheme is "http" or "https" && isHost && isPort && binding.PathBase.Length == 0
            ? new ListenAddress(text, binding)
            : throw Fault(text);
    }

    public bool IsHttps => Binding.Scheme == "https";

    /// <summary>Whether only this machine reaches it. Kestrel listens everywhere for a name that is no address but localhost.</summary>
    public bool IsLoopback => !Binding.IsUnixPipe && !Binding.IsNamedPipe
        && (Binding.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(Binding.Host, out var ip) && Loopback.Has(ip)));

    static InvalidDataException Fault(string text) =>
        new($"--listen {text}: the server cannot listen there. Expected a scheme, an address and a port, such as " +
            $"{Hosting.SiloOptions.DefaultListen}, http://*:8470 or https://10.0.0.5:8470.");
}
