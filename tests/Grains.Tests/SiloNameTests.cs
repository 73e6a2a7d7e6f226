using System.Net;
using HeadScope.Grains.Hosting;

namespace HeadScope.Grains.Tests;

/// <summary>A silo is known by its name: grains that compute are placed by it.</summary>
public sealed class SiloNameTests
{
    [Theory]
    [InlineData("10.0.0.5", 11111)]
    [InlineData("fd00::5", 11111)]
    [InlineData("127.0.0.1", 11112)]
    public void SiloName_AnotherAddressOrPort_IsAnother(string address, int port)
    {
        var other = new ClusterSettings { Address = IPAddress.Parse(address), SiloPort = port };
        Assert.NotEqual(new ClusterSettings().SiloName, other.SiloName);
        Assert.NotEqual(new ClusterSettings { Address = IPAddress.Parse("10.0.0.6") }.SiloName, other.SiloName);
        Assert.Equal(other.SiloName, (other with { Device = "cpu" }).SiloName); // the same after a restart
    }
}
