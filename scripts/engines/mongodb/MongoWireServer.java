import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** Serves the MongoDB wire protocol from memory on a free loopback port and prints its address. */
class MongoWireServer {
  // The official client takes no wire version below 9; the ones this server comes with stop at 8.
  record Version44() implements MongoVersion {
    public List<Integer> getVersionArray() {
      return List.of(4, 4, 0);
    }

    public int getWireVersion() {
      return 9;
    }
  }

  public static void main(String[] args) {
    MongoServer server = new MongoServer(new MemoryBackend().version(new Version44()));
    server.bind("127.0.0.1", 0);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    System.out.println("listening on " + server.getConnectionString());
  }
}
